#include "agent/cli/command_tree.h"

#include <sstream>

#include "agent/cli/command_parser.h"

namespace agent {
namespace {

/// What `{a,b}` lists, CLI11's description of a choice; empty for other checks.
std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> choices;
  try {
    std::string text = option.get_validator(0)->get_description();
    if (!text.starts_with('{') || !text.ends_with('}')) return {};
    std::istringstream words(text.substr(1, text.size() - 2));
    for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  } catch (const CLI::OptionNotFound&) {
  }
  return choices;
}

CommandNode::Option to_node(CLI::Option& option) {
  CommandNode::Option node;
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  const bool is_flag = option.get_items_expected_max() == 0;
  if (!is_flag) {
    const std::string type = option.get_type_name();
    node.placeholder = type.substr(0, type.find(':'));  // a check's words follow
  }
  if (node.names.empty()) node.placeholder = option.get_name();
  node.help = option.get_description();
  node.choices = choices_of(option);
  return node;
}

}  // namespace

CommandNode to_node(CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (CLI::Option* const option : app.get_options()) {
    const bool is_repeated = app.get_parent() != nullptr && option == app.get_help_ptr();
    if (!is_repeated) node.options.push_back(to_node(*option));
  }
  for (CLI::App* const command : app.get_subcommands([](CLI::App*) { return true; })) {
    node.commands.push_back(to_node(*command));
  }
  return node;
}

}  // namespace agent
