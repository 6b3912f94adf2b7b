#include "agent/cli/simulate_command.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "agent/simulation/simulation.h"
#include "agent/simulation/simulation_report.h"

namespace agent {
ExitStatus simulate_config(const Config& config,
                           const SimulateOptions& options,
                           const CliEnvironment& environment) {
  const auto authority = std::find_if(
      config.authorities.begin(), config.authorities.end(), [&](const AuthorityConfig& one) {
        return options.authority.empty() || one.name == options.authority;
      });
  if (authority == config.authorities.end()) {
    return complain("--authority: the configuration has no authority of that name", environment);
  }
  SimulationOptions simulation;
  simulation.authority = authority->name;
  simulation.limits = authority->limits;
  if (options.authority.empty()) {
    for (auto next = authority + 1; next != config.authorities.end(); ++next) {
      simulation.fail_over.push_back({next->name, next->limits});
    }
  }
  simulation.packing = {config.certificates.names_per_certificate,
                        config.certificates.longest_backlog};
  simulation.names = options.names;
  simulation.names_per_domain = options.names_per_domain;
  simulation.dead = static_cast<double>(options.dead_percent) / 100;
  simulation.days = std::chrono::days(options.days);
  simulation.lifetime = options.lifetime;
  simulation.has_renewal_info = options.has_renewal_info;
  simulation.orders_in_flight = config.issuer.orders_in_flight;
  const SimulationResult result = simulate(simulation);
  if (!options.svg_file.empty()) {
    errno = 0;
    std::ofstream file(options.svg_file, std::ios::binary | std::ios::trunc);
    file << render_svg(simulation, result);
    file.close();
    if (!file) {
      return complain(options.svg_file + ": " + std::generic_category().message(errno),
                      environment);
    }
  }
  const bool is_json = options.output == OutputFormat::json;
  environment.out << (is_json ? render_json(simulation, result) : render_table(simulation, result));
  return ExitStatus::ok;
}

}  // namespace agent
