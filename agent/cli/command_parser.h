#pragma once

// Inside agent/cli/command_*.cc only: what knows CLI11.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "agent/cli/command_line.h"
#include "agent/cli/command_texts.h"
#include "agent/config/scalar_rules.h"

namespace agent {

struct CommandLine::Parser {
  CLI::App app{program_about, "acme-spoa"};
  CLI::Option* config = nullptr;
};

/// A command that others are below of.
CLI::App* add_group(CLI::App* parent, const char* name, const CommandText& text);

// Options that several commands have.
CLI::Option* add_names(CLI::App* app, std::vector<std::string>& names, const char* help);
void add_output(CLI::App* app, OutputFormat& output);
void add_wait(CLI::App* app, WaitOptions& options);
void add_key_type(CLI::App* app, std::string& key_type);
void add_wildcard_after(CLI::App* app, std::optional<std::uint32_t>& number);

/// As in the configuration: `90s`, `5m`.
CLI::Option* add_time(CLI::App* app,
                      const std::string& name,
                      const ScalarRule<std::chrono::milliseconds>& rule,
                      std::chrono::milliseconds& time,
                      const std::string& help);

/// The whole command line below `app`, as data.
CommandNode to_node(CLI::App& app);

}  // namespace agent
