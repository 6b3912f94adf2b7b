#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace haproxy::test {

/// A folder of its own that goes with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "haproxy-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error(std::strerror(errno));
    path_ = pattern;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A child process whose output goes to a file; terminated and reaped with the object.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::string& output_path) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(
        &actions, 1, output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error(command.front() + ": " + std::strerror(error));
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { end(SIGKILL); }

  pid_t pid() const { return pid_; }
  /// The exit status; 128 + the signal if one ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void end(int signal) {
    if (pid_ < 0) return;
    ::kill(pid_, signal);
    wait();
  }

 private:
  pid_t pid_ = -1;
};

struct Finished {
  int status;
  std::string output;  ///< standard output and error together
};

/// Runs a command to its end.
inline Finished run(const std::vector<std::string>& command) {
  const TempFolder folder;
  Process process(command, folder.path("output"));
  const int status = process.wait();
  return {status, read_file(folder.path("output"))};
}

inline constexpr const char* haproxy_program = "/usr/sbin/haproxy";
inline bool haproxy_is_installed() {
  return ::access(haproxy_program, X_OK) == 0;
}

}  // namespace haproxy::test
