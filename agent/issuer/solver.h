#pragma once

#include <vector>

#include "acme/answer.h"
#include "acme/error.h"
#include "base/asio.h"
#include "base/result.h"

namespace agent {

/// Makes answers visible to an authority, each kind in its own way, and takes them back. Used on
/// the control thread; many calls can be under way. It needs no memory of its own: an order
/// presents what it has stored again after a restart, and cleans up what it has stored whether it
/// had been presented or not.
class Solver {
 public:
  using Outcome = base::Result<void, acme::Error>;

  Solver() = default;
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  virtual ~Solver() = default;

  /// Returns once whoever asks anywhere gets all of them; those that are visible already stay so.
  /// Errors: present_failed, with a subproblem for each identifier it is about. Some may be visible
  /// all the same: clean_up() follows.
  virtual base::asio::awaitable<Outcome> present(std::vector<acme::Answer> answers) = 0;
  /// Takes back all of them, visible or not. What cannot be taken back now is the solver's to log.
  virtual base::asio::awaitable<void> clean_up(std::vector<acme::Answer> answers) = 0;
};

/// present_failed for these identifiers, by this side.
acme::Error present_failure(std::vector<acme::Subproblem> causes);

}  // namespace agent
