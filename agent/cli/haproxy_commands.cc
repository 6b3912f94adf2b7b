#include "agent/cli/haproxy_commands.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t names_a_request = 50;  // about a quarter of a second of handshakes
constexpr std::size_t lines_apart = 1'000;   // of progress that is no terminal's

bool is_true(const ordered_json& object, const char* name) {
  return text_field(object, name) == "true";
}

std::string condition_of(const ordered_json& instance) {
  if (is_true(instance, "jammed")) return "jammed";
  if (!is_true(instance, "connected")) return "not connected";
  return is_true(instance, "in_sync") ? "in sync" : "changing";
}

void print_instances(const ordered_json& instances, const CliEnvironment& environment) {
  Table table({"INSTANCE",
               "VERSION",
               "PID",
               "STATE",
               "DESIRED",
               "LOADED",
               "TO DO",
               "REFUSED",
               "UNPROVEN",
               "LAST PROOF"});
  for (const ordered_json& instance : instances) {
    table.add({text_field(instance, "name"),
               text_field(instance, "version"),
               text_field(instance, "pid"),
               condition_of(instance),
               text_field(instance, "desired"),
               text_field(instance, "loaded"),
               text_field(instance, "to_do"),
               text_field(instance, "refused"),
               text_field(instance, "unproven"),
               text_field(instance, "last_proof")});
  }
  table.print(environment.out);
  for (const ordered_json& instance : instances) {
    const std::string trouble = text_field(instance, "trouble");
    if (trouble.empty()) continue;
    environment.out << printable(text_field(instance, "name") + ": " + trouble) << "\n";
  }
}

void print_plan(const ordered_json& instance, bool dry_run, const CliEnvironment& environment) {
  const std::string name = text_field(instance, "name");
  const std::string error = text_field(instance, "error");
  if (!error.empty()) {
    environment.out << printable(name + ": " + error) << "\n";
    return;
  }
  const ordered_json& steps = field(instance, "steps");
  const std::size_t changes = number_field(instance, "add") + number_field(instance, "renew") +
                              number_field(instance, "remove");
  environment.out << printable(name) << ": " << number_field(instance, "compared")
                  << " certificates compared, "
                  << (changes == 0 ? "in sync" : std::to_string(changes) + " differ")
                  << (changes > 0 && !dry_run ? " and are being changed" : "") << "\n";
  for (const ordered_json& step : steps) {
    environment.out << "  "
                    << printable(text_field(step, "action") + "  " + text_field(step, "path"))
                    << "\n";
  }
  if (changes > steps.size()) {
    environment.out << "  and " << changes - steps.size() << " more\n";
  }
}

/// The first name of each certificate that HAProxy should have.
base::Result<std::vector<std::string>, ApiFailure> all_names(ApiClient& api) {
  const std::string target = "/v1/certificates?limit=1000&state=wanted";
  std::vector<std::string> names;
  std::string cursor;
  do {
    const auto page = api.get(cursor.empty() ? target : target + "&cursor=" + cursor);
    if (!page) return base::Unexpected(page.error());
    for (const ordered_json& certificate : field(*page, "certificates")) {
      const ordered_json& its = field(certificate, "names");
      if (!its.empty() && its.front().is_string()) names.push_back(its.front().get<std::string>());
    }
    cursor = text_field(*page, "next");
  } while (!cursor.empty());
  return names;
}

/// So many of them, evenly spread.
std::vector<std::string> sample_of(std::vector<std::string> names, std::size_t size) {
  if (size >= names.size()) return names;
  std::vector<std::string> sample;
  for (std::size_t i = 0; i < size; ++i) sample.push_back(names[i * names.size() / size]);
  return sample;
}

base::Result<std::vector<std::string>, ApiFailure> names_to_verify(ApiClient& api,
                                                                   const VerifyOptions& options) {
  if (!options.names.empty()) return options.names;
  auto names = all_names(api);
  if (!names || options.all) return names;
  return sample_of(*std::move(names), options.sample);
}

/// Counts what has been verified, and shows it.
class VerifyProgress {
 public:
  VerifyProgress(std::size_t total, OutputFormat output, const CliEnvironment& environment)
      : total_(total),
        output_(output),
        environment_(environment),
        stream_(progress_stream(output, environment)),
        redraws_(environment.out_is_terminal && output == OutputFormat::table) {}

  void add(const ordered_json& result) {
    const bool served = is_true(result, "served");
    if (!served) ++not_served_;
    if (output_ == OutputFormat::json) {
      print_json(result, environment_);
    } else if (!served) {
      clear_line();
      environment_.out << printable(text_field(result, "name") + "  " +
                                    text_field(result, "instance") + "  " +
                                    text_field(result, "error"))
                       << "\n";
    }
  }
  void advance(std::size_t names) {
    done_ += names;
    if (redraws_) {
      stream_ << "\r" << text() << "\x1b[K" << std::flush;
    } else if (done_ >= next_line_ && done_ < total_) {
      stream_ << text() << "\n" << std::flush;
      next_line_ = done_ + lines_apart;
    }
  }
  void finish() {
    clear_line();
    stream_ << done_ << " certificates verified, "
            << (not_served_ == 0 ? "all are served" : std::to_string(not_served_) + " not served")
            << "\n";
  }
  bool all_served() const { return not_served_ == 0; }

 private:
  std::string text() const {
    return std::to_string(done_) + " of " + std::to_string(total_) + " verified, " +
           std::to_string(not_served_) + " not served";
  }
  void clear_line() {
    if (redraws_) stream_ << "\r\x1b[K";
  }

  const std::size_t total_;
  const OutputFormat output_;
  const CliEnvironment& environment_;
  std::ostream& stream_;
  const bool redraws_;
  std::size_t done_ = 0;
  std::size_t not_served_ = 0;
  std::size_t next_line_ = lines_apart;
};

}  // namespace

ExitStatus haproxy_status(ApiClient& api, OutputFormat output, const CliEnvironment& environment) {
  const auto reply = api.get("/v1/haproxy");
  if (!reply) return report(reply.error(), environment);
  const ordered_json& instances = field(*reply, "instances");
  if (output == OutputFormat::json) {
    for (const ordered_json& instance : instances) print_json(instance, environment);
  } else {
    print_instances(instances, environment);
  }
  const bool all_well = std::all_of(instances.begin(), instances.end(), [](const auto& instance) {
    return is_true(instance, "connected") && is_true(instance, "in_sync");
  });
  return all_well ? ExitStatus::ok : ExitStatus::failed;
}

ExitStatus haproxy_sync(ApiClient& api,
                        const HaproxySyncOptions& options,
                        const CliEnvironment& environment) {
  ordered_json body = {{"dry_run", options.dry_run}};
  if (!options.instance.empty()) body["instance"] = options.instance;
  const auto reply = api.post("/v1/haproxy/sync", body);
  if (!reply) return report(reply.error(), environment);
  ExitStatus status = ExitStatus::ok;
  for (const ordered_json& instance : field(*reply, "instances")) {
    if (options.output == OutputFormat::json) {
      print_json(instance, environment);
    } else {
      print_plan(instance, options.dry_run, environment);
    }
    const bool differs = number_field(instance, "add") + number_field(instance, "renew") +
                             number_field(instance, "remove") >
                         0;
    const bool failed = !text_field(instance, "error").empty() || (differs && options.dry_run);
    if (failed) status = ExitStatus::failed;
  }
  return status;
}

ExitStatus verify(ApiClient& api, const VerifyOptions& options, const CliEnvironment& environment) {
  const auto names = names_to_verify(api, options);
  if (!names) return report(names.error(), environment);
  VerifyProgress progress(names->size(), options.output, environment);
  for (std::size_t first = 0; first < names->size(); first += names_a_request) {
    const std::size_t last = std::min(names->size(), first + names_a_request);
    const std::vector<std::string> batch(names->begin() + static_cast<std::ptrdiff_t>(first),
                                         names->begin() + static_cast<std::ptrdiff_t>(last));
    const auto reply = api.post("/v1/haproxy/verify", {{"names", batch}});
    if (!reply) return report(reply.error(), environment);
    for (const ordered_json& result : field(*reply, "results")) progress.add(result);
    progress.advance(batch.size());
  }
  progress.finish();
  return progress.all_served() ? ExitStatus::ok : ExitStatus::failed;
}

}  // namespace agent
