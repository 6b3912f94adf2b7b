#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "agent/cli/wait.h"

namespace agent {

/// What the commands have in common.

/// `acme-spoa: <message>` on err, each line of it; the failure's status.
ExitStatus report(const ApiFailure& failure, const CliEnvironment& environment);

/// The object on a line of its own.
void print_json(const nlohmann::ordered_json& object, const CliEnvironment& environment);

/// `label   text` lines; those without a text are left out.
struct DetailLine {
  std::string label{};
  std::string text{};
};
void print_details(const std::vector<DetailLine>& lines, const CliEnvironment& environment);

/// Where progress goes: out, or err if out is for a program.
std::ostream& progress_stream(OutputFormat output, const CliEnvironment& environment);

/// The worse one decides.
ExitStatus worst(ExitStatus a, ExitStatus b);

/// Waits for the targets and prints progress; with OutputFormat::json progress goes to err, and the
/// hostnames to out at the end.
ExitStatus wait_and_print(ApiClient& api,
                          const std::vector<WaitTarget>& targets,
                          const WaitOptions& options,
                          OutputFormat output,
                          const CliEnvironment& environment);

/// The outcome that the daemon gave for each name.
struct NameOutcome {
  std::string name{};
  std::string outcome{};
};
std::vector<NameOutcome> outcomes_of(const nlohmann::ordered_json& reply);
/// `name  outcome` lines, or objects.
void print_outcomes(const nlohmann::ordered_json& reply,
                    OutputFormat output,
                    const CliEnvironment& environment);

}  // namespace agent
