#include "agent/cli/import_command.h"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <vector>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t lines_a_request = 2'000;
constexpr std::string_view blank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// A line of the file that is to be sent.
struct Pending {
  std::size_t number = 0;
  std::string json{};
};

struct Totals {
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t refused = 0;
  std::uint64_t sum() const { return added + updated + unchanged + refused; }
};

/// One run of the command.
class Import {
 public:
  Import(ApiClient& api, const ImportOptions& options, const CliEnvironment& environment)
      : api_(api), options_(options), environment_(environment) {}

  ExitStatus run(std::istream& input, std::uint64_t size) {
    began_ = environment_.clock.monotonic();
    size_ = size;
    std::string line;
    while (std::getline(input, line)) {
      read_ += line.size() + 1;
      ++number_;
      take(line);
      if (batch_.size() < lines_a_request) continue;
      const ExitStatus status = send();
      if (status != ExitStatus::ok) return status;
    }
    const ExitStatus status = batch_.empty() ? ExitStatus::ok : send();
    if (status != ExitStatus::ok) return status;
    end_progress();
    print_summary();
    return totals_.refused == 0 ? ExitStatus::ok : ExitStatus::wrong_input;
  }

 private:
  void take(std::string_view line) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') return;
    if (!is_csv_) is_csv_ = line.front() != '{';
    if (!*is_csv_) {
      batch_.push_back({number_, std::string(line)});
      return;
    }
    auto json = csv_to_json(line);
    if (json) {
      batch_.push_back({number_, *std::move(json)});
    } else {
      refuse(number_, json.error());
    }
  }

  void refuse(std::size_t number, const std::string& why) {
    ++totals_.refused;
    end_progress();
    environment_.err << printable(options_.file + ":" + std::to_string(number) + ": " + why)
                     << "\n";
  }

  ExitStatus send() {
    std::string body;
    for (const Pending& line : batch_) body += line.json + "\n";
    const auto reply = api_.post_lines("/v1/hostnames/import", body);
    if (!reply) {
      end_progress();
      environment_.err << "acme-spoa: lines from " << batch_.front().number
                       << " on are not imported\n";
      return report(reply.error(), environment_);
    }
    read_results(*reply);
    batch_.clear();
    show_progress();
    return ExitStatus::ok;
  }

  void read_results(const std::string& reply) {
    std::istringstream lines(reply);
    std::string line;
    while (std::getline(lines, line)) {
      const ordered_json result = ordered_json::parse(line, nullptr, false);
      const std::uint64_t place = number_field(result, "line");
      if (place == 0 || place > batch_.size()) continue;  // the summary
      const std::string outcome = text_field(result, "outcome");
      if (outcome == "added") ++totals_.added;
      if (outcome == "updated") ++totals_.updated;
      if (outcome == "unchanged") ++totals_.unchanged;
      if (outcome.empty()) refuse(batch_[place - 1].number, text_field(result, "error"));
    }
  }

  /// On a terminal only: one line that is written over.
  void show_progress() {
    if (!environment_.out_is_terminal || options_.output == OutputFormat::json) return;
    const std::chrono::duration<double> time = environment_.clock.monotonic() - began_;
    const double rate = static_cast<double>(totals_.sum()) / std::max(time.count(), 0.001);
    char text[120];
    if (size_ > 0 && read_ <= size_) {
      const double part = static_cast<double>(read_) / static_cast<double>(size_);
      const double left = time.count() / part * (1 - part);
      std::snprintf(text,
                    sizeof(text),
                    "\r%3.0f %%  %llu lines, %.0f/s, %.0f s left   ",
                    part * 100,
                    static_cast<unsigned long long>(totals_.sum()),
                    rate,
                    left);
    } else {
      std::snprintf(text,
                    sizeof(text),
                    "\r%llu lines, %.0f/s   ",
                    static_cast<unsigned long long>(totals_.sum()),
                    rate);
    }
    environment_.out << text << std::flush;
    has_progress_ = true;
  }

  void end_progress() {
    if (has_progress_) environment_.out << "\n";
    has_progress_ = false;
  }

  void print_summary() {
    if (options_.output == OutputFormat::json) {
      print_json({{"added", totals_.added},
                  {"updated", totals_.updated},
                  {"unchanged", totals_.unchanged},
                  {"refused", totals_.refused}},
                 environment_);
      return;
    }
    environment_.out << totals_.added << " added, " << totals_.updated << " updated, "
                     << totals_.unchanged << " unchanged, " << totals_.refused << " refused\n";
  }

  ApiClient& api_;
  const ImportOptions& options_;
  const CliEnvironment& environment_;
  base::MonotonicTime began_{};
  std::uint64_t size_ = 0;  ///< of the input in bytes; 0: not known
  std::uint64_t read_ = 0;
  std::size_t number_ = 0;
  std::optional<bool> is_csv_;
  std::vector<Pending> batch_;
  Totals totals_;
  bool has_progress_ = false;
};

}  // namespace

base::Result<std::string, std::string> csv_to_json(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.emplace_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
  }
  if (fields.size() > 4) {
    return base::Unexpected<std::string>("expected name[,mode[,https_redirect[,challenge_path]]]");
  }
  ordered_json json = {{"name", fields[0]}};
  if (fields.size() > 1 && !fields[1].empty()) json["mode"] = fields[1];
  if (fields.size() > 2 && !fields[2].empty()) {
    if (fields[2] != "on" && fields[2] != "off") {
      return base::Unexpected<std::string>("https_redirect: expected on or off");
    }
    json["https_redirect"] = fields[2] == "on";
  }
  if (fields.size() > 3 && !fields[3].empty()) json["challenge_path"] = fields[3];
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ExitStatus import_hostnames(ApiClient& api,
                            const ImportOptions& options,
                            std::istream& input,
                            const CliEnvironment& environment) {
  std::uint64_t size = 0;
  if (input.seekg(0, std::ios::end)) {
    size = static_cast<std::uint64_t>(input.tellg());
    input.seekg(0);
  }
  input.clear();  // a pipe cannot be measured
  return Import(api, options, environment).run(input, size);
}

ExitStatus import_file(ApiClient& api,
                       const ImportOptions& options,
                       const CliEnvironment& environment) {
  if (options.file == "-") return Import(api, options, environment).run(std::cin, 0);
  std::ifstream file(options.file, std::ios::binary);
  if (file) return import_hostnames(api, options, file, environment);
  environment.err << "acme-spoa: cannot read " << printable(options.file) << "\n";
  return ExitStatus::wrong_input;
}

}  // namespace agent
