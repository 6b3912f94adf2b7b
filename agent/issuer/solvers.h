#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <variant>

#include "agent/issuer/solver.h"

namespace agent {

/// One solver for each kind of answer; an order may need several at once.
class Solvers final : public Solver {
 public:
  /// nullptr: the configuration has none. What is given outlives it.
  struct Parts {
    Solver& http;
    Solver* tls_alpn = nullptr;
    Solver* txt = nullptr;
    Solver* standing_txt = nullptr;
  };
  explicit Solvers(Parts parts);

  /// Presents all kinds, one after another, and reports all failures together.
  base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) override;
  base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) override;

 private:
  static constexpr std::size_t kinds = std::variant_size_v<acme::Answer>;
  std::array<Solver*, kinds> solvers_;  ///< by the index of the answer's alternative
};

}  // namespace agent
