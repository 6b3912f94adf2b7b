#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/cli/run_cli.h"
#include "tests/agent/cli/scripted_daemon.h"
#include "tests/fakes/fake_clock.h"

namespace agent {

/// Runs command lines and keeps what they print. Sleeping moves the clock.
class CliFixture : public testing::Test {
 protected:
  /// Against a daemon that gives these answers.
  int run_with(std::deque<ScriptedDaemon::Reply> script, std::vector<std::string> arguments) {
    ScriptedDaemon daemon(std::move(script));
    arguments.insert(arguments.end(), {"--socket", daemon.socket()});
    const int status = run(arguments);
    requests_ = daemon.requests();
    return status;
  }

  int run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return run_cli(arguments, hooks_, environment_);
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  fakes::FakeClock clock_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> requests_;
  CliHooks hooks_{.version = "1.2.3", .serve = nullptr};
  CliEnvironment environment_{
      .out = out_, .err = err_, .clock = clock_, .sleep = [this](std::chrono::milliseconds t) {
        clock_.advance(t);
      }};
};

/// A configuration file in a folder of its own.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    std::ofstream(path()) << text;
  }
  ~ConfigFile() { std::filesystem::remove_all(folder_); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  std::string path() const { return (folder_ / "acme-spoa.yaml").string(); }
  std::string folder() const { return folder_.string(); }

 private:
  std::filesystem::path folder_;
};

inline const std::string minimal_config =
    "authorities:\n"
    "  - name: ca\n"
    "    directory: https://ca.example/dir\n"
    "    terms_of_service_agreed: true\n";

}  // namespace agent
