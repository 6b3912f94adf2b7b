#pragma once

#include "agent/issuer/solver.h"
#include "agent/lookup/lookup.h"

namespace agent {

/// http-01: the answers that HAProxy asks us for. REQUIRES: HttpAnswers only.
class HttpSolver final : public Solver {
 public:
  explicit HttpSolver(Lookup& lookup) : lookup_(lookup) {}

  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override;
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override;

 private:
  Lookup& lookup_;
};

}  // namespace agent
