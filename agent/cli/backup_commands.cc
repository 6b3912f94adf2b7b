#include "agent/cli/backup_commands.h"

#include "agent/cli/command_output.h"
#include "agent/cli/table.h"
#include "agent/files/atomic_file.h"
#include "agent/state/backup.h"
#include "agent/state/state_directory.h"
#include "base/random.h"

namespace agent {
namespace {

std::string summary(const BackupCounts& counts) {
  return std::to_string(counts.hostnames) + " hostnames, " + std::to_string(counts.certificates) +
         " certificates, " + std::to_string(counts.rows) + " rows in all";
}

ExitStatus export_to_out(const std::string& database,
                         const std::string& version,
                         const CliEnvironment& environment) {
  const auto write = [&environment](std::string_view bytes) { environment.out << bytes; };
  const auto counts = export_database(database, version, write);
  if (!counts) return complain(counts.error().detail, environment);
  environment.err << summary(*counts) << "\n";
  return ExitStatus::ok;
}

}  // namespace

ExitStatus export_state(const Config& config,
                        const std::string& file,
                        const std::string& version,
                        const CliEnvironment& environment) {
  const std::string database = StateDirectory::database_in(config.state_directory);
  if (file == "-") return export_to_out(database, version, environment);
  AtomicFile output(file);
  const auto counts = export_database(
      database, version, [&output](std::string_view bytes) { output.write(bytes); });
  if (!counts) return complain(counts.error().detail, environment);
  output.commit();
  if (!output.error().empty()) return complain(output.error(), environment);
  environment.out << printable(file) << ": " << summary(*counts) << "\n"
                  << "private keys are sealed; they can be read with "
                  << printable(StateDirectory::key_in(config.state_directory))
                  << ", which belongs somewhere else\n";
  return ExitStatus::ok;
}

ExitStatus restore_state(const Config& config,
                         const std::string& file,
                         const CliEnvironment& environment) {
  const auto state = StateDirectory::open(config.state_directory);
  if (!state) return complain(state.error(), environment);
  base::SystemRandom random;
  const auto counts = (*state)->restore(file, random);
  if (!counts) return complain(counts.error().detail, environment);
  environment.out << printable(config.state_directory) << ": " << summary(*counts) << "\n";
  return ExitStatus::ok;
}

}  // namespace agent
