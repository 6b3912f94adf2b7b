#include <utility>

#include "agent/app.h"
#include "agent/cli/run_cli.h"
#include "agent/version.h"

int main(int argc, char** argv) {
  const agent::CliHooks hooks{
      .version = agent::version,
      .serve =
          [](const std::string& config_file, agent::Config config) {
            return agent::App(config_file, std::move(config)).run();
          },
  };
  return agent::run_cli(argc, argv, hooks);
}
