#include "agent/cli/progress.h"

#include <chrono>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "agent/cli/environment.h"

namespace agent {
namespace {

std::string_view mark(Progress::Verdict verdict) {
  switch (verdict) {
    case Progress::Verdict::waiting: return "  ";
    case Progress::Verdict::served: return "✓ ";
    case Progress::Verdict::failed: return "✗ ";
  }
  return "  ";
}

}  // namespace

void PlainProgress::show(const std::vector<Progress>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i < shown_.size() && shown_[i] == lines[i]) continue;
    out_ << elapsed() << printable("  " + lines[i].name + "  " + lines[i].text) << "\n";
  }
  out_.flush();
  shown_ = lines;
}

std::string PlainProgress::elapsed() const {
  const std::chrono::duration<double> time = clock_.monotonic() - started_;
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << std::setw(6) << time.count() << "s";
  return text.str();
}

void TerminalProgress::show(const std::vector<Progress>& lines) {
  if (shown_ == lines) return;
  shown_ = lines;
  finished_.resize(lines.size());
  if (drawn_ > 0) out_ << "\x1b[" << drawn_ << "A\x1b[J";  // up, and erase what is below
  std::vector<const Progress*> open;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (finished_[i]) continue;
    if (lines[i].verdict == Progress::Verdict::waiting) {
      open.push_back(&lines[i]);
    } else {
      out_ << draw(lines[i]) << "\n";
      finished_[i] = true;
    }
  }
  const std::size_t fitting = open.size() <= max_lines_ ? open.size() : max_lines_ - 1;
  for (std::size_t i = 0; i < fitting; ++i) out_ << draw(*open[i]) << "\n";
  drawn_ = fitting;
  if (fitting < open.size()) {
    out_ << "  and " << open.size() - fitting << " more\n";
    ++drawn_;
  }
  out_.flush();
}

std::string TerminalProgress::draw(const Progress& line) const {
  std::string text(mark(line.verdict));
  text += line.name + "  " + line.text;
  // A line that wraps would be two to draw over.
  return cut_to_width(printable(text), width_ - 1);
}

}  // namespace agent
