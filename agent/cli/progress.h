#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.h"

namespace agent {

/// Where one hostname stands for somebody who waits for it.
struct Progress {
  enum class Verdict { waiting, served, failed };

  std::string name{};
  Verdict verdict = Verdict::waiting;
  std::string text{};  ///< the stage, or how it ended

  friend bool operator==(const Progress&, const Progress&) = default;
};

/// Shows progress while it changes. All lines each time, in the same order.
class ProgressView {
 public:
  virtual ~ProgressView() = default;
  virtual void show(const std::vector<Progress>& lines) = 0;
};

/// A line whenever one has changed, `  0.31s  www.example.org  validating`: for logs and pipes.
class PlainProgress final : public ProgressView {
 public:
  /// Time counts from here on. REQUIRES: out and clock outlive it.
  PlainProgress(std::ostream& out, const base::Clock& clock)
      : out_(out), clock_(clock), started_(clock.monotonic()) {}
  void show(const std::vector<Progress>& lines) override;

 private:
  std::string elapsed() const;

  std::ostream& out_;
  const base::Clock& clock_;
  const base::MonotonicTime started_;
  std::vector<Progress> shown_;
};

/// Draws all lines over the ones before. Of more than fit, those that are over are printed once and
/// stay above, and of the others the first ones are shown and the rest counted.
class TerminalProgress final : public ProgressView {
 public:
  /// `width` in columns; at most `max_lines` are redrawn. REQUIRES: both > 1.
  TerminalProgress(std::ostream& out, std::size_t width, std::size_t max_lines = 20)
      : out_(out), width_(width), max_lines_(max_lines) {}
  void show(const std::vector<Progress>& lines) override;

 private:
  std::string draw(const Progress& line) const;

  std::ostream& out_;
  const std::size_t width_;
  const std::size_t max_lines_;
  std::vector<Progress> shown_;
  std::vector<bool> finished_;  ///< printed for good
  std::size_t drawn_ = 0;       ///< lines to draw over
};

}  // namespace agent
