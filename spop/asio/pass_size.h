#pragma once

#include <cstddef>

namespace spop {

/// Whether it pays to answer together what one pass of the reactor brings. To learn that a pass is
/// over costs one more call of epoll_wait(): little where many sessions have read something, a
/// tenth of all where it is one at a time. So after a few passes with one session each one is
/// answered at once, and only now and then a pass is waited for, to see whether it is still so.
class PassSize {
 public:
  /// Asked at the first read of a pass.
  bool is_worth_waiting() { return is_large_ || ++skipped_ % between_tries == 0; }
  /// So many sessions have read in a pass that was waited for.
  void saw(std::size_t sessions) {
    if (sessions > 1) {
      is_large_ = true;
      small_in_a_row_ = 0;
    } else if (++small_in_a_row_ >= small_passes) {
      is_large_ = false;
    }
  }

 private:
  // A prime, or it could always fall on the last of the sessions that read together.
  static constexpr unsigned between_tries = 61;
  static constexpr unsigned small_passes = 8;

  bool is_large_ = true;
  unsigned small_in_a_row_ = 0;
  unsigned skipped_ = 0;
};

}  // namespace spop
