#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/asio.h"
#include "base/result.h"

namespace agent {

struct Command {
  std::vector<std::string> arguments{};    ///< the program's absolute path first
  std::vector<std::string> environment{};  ///< `NAME=value`, beside our own environment
  std::chrono::milliseconds timeout{60'000};
  friend bool operator==(const Command&, const Command&) = default;
};

/// What a program may write to each of its outputs before the rest is dropped.
inline constexpr std::size_t max_program_output = 64 << 10;

struct ProgramEnd {
  enum class Cause { exited, killed, timed_out } cause = Cause::exited;
  int number = 0;        ///< its exit status, or the signal that killed it
  std::string output{};  ///< standard output, at most max_program_output
  std::string errors{};  ///< standard error, likewise
};

/// Runs a program to its end, without a shell, with no other descriptor of ours, in a process group
/// of its own; at the timeout that group is killed. A child of it that lives on is not waited for.
/// Errors: a sentence, if it cannot be started.
base::asio::awaitable<base::Result<ProgramEnd, std::string>> run_program(Command command);

/// The last line with anything in it, printable and cut: what most programs say when they fail.
std::string last_line(const std::string& output);

}  // namespace agent
