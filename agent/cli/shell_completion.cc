#include "agent/cli/shell_completion.h"

#include <functional>

namespace agent {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// In single quotes, for all three shells.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool takes_file(const CommandNode::Option& option) {
  return option.placeholder == "FILE" || option.placeholder == "CONFIG" ||
         option.placeholder == "PATH" || option.placeholder == "FOLDER";
}

/// Each command with the words that lead to it, the program itself first.
void visit(const CommandNode& node,
           const std::string& path,
           const std::function<void(const CommandNode&, const std::string&)>& see) {
  see(node, path);
  for (const CommandNode& command : node.commands) {
    visit(command, path.empty() ? command.name : path + " " + command.name, see);
  }
}

std::vector<std::string> words_after(const CommandNode& node, const CommandNode& program) {
  std::vector<std::string> words;
  for (const CommandNode& command : node.commands) words.push_back(command.name);
  for (const CommandNode* const from : {&node, &program}) {
    for (const CommandNode::Option& option : from->options) {
      words.insert(words.end(), option.names.begin(), option.names.end());
    }
    if (&node == &program) break;
  }
  return words;
}

/// `case` arms of what may follow each option that takes a value.
std::string bash_values(const CommandNode& program) {
  std::string arms;
  visit(program, "", [&](const CommandNode& node, const std::string& path) {
    for (const CommandNode::Option& option : node.options) {
      if (option.placeholder.empty() || option.names.empty()) continue;
      for (const std::string& name : option.names) {
        arms += "    " + quoted(path + "|" + name) + ") ";
        if (!option.choices.empty()) {
          arms += "COMPREPLY=($(compgen -W " + quoted(joined_words(option.choices)) +
                  " -- \"$word\"));";
        } else if (takes_file(option)) {
          arms += "COMPREPLY=($(compgen -f -- \"$word\"));";
        }
        arms += " return ;;\n";
      }
    }
  });
  return arms;
}

std::string bash(const CommandNode& program) {
  std::string commands;
  std::string words;
  visit(program, "", [&](const CommandNode& node, const std::string& path) {
    if (!path.empty()) commands += (commands.empty() ? "" : "|") + quoted(path);
    words += "    " + quoted(path) + ") words=" + quoted(joined_words(words_after(node, program))) +
             " ;;\n";
  });
  const std::string& name = program.name;
  return "# " + name + " completion for bash: put it into /etc/bash_completion.d/" + name +
         "\n"
         "_acme_spoa() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local path= try words= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    try=\"${path:+$path }${COMP_WORDS[i]}\"\n"
         "    case \"$try\" in " +
         commands +
         ") path=\"$try\" ;; esac\n"
         "  done\n"
         "  COMPREPLY=()\n"
         "  for try in \"$path|$before\" \"|$before\"; do case \"$try\" in\n" +
         bash_values(program) +
         "  esac; done\n"
         "  case \"$path\" in\n" +
         words +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -F _acme_spoa " +
         name + "\n";
}

/// zsh reads bash's scripts.
std::string zsh(const CommandNode& program) {
  return "#compdef " + program.name + "\nautoload -U +X bashcompinit && bashcompinit\n" +
         bash(program);
}

/// The condition under which a word belongs to the command at `path`.
std::string fish_condition(const CommandNode& node, const std::string& path) {
  if (path.empty()) return node.commands.empty() ? "" : "__fish_use_subcommand";
  std::string condition;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(' ', at), path.size());
    condition += (condition.empty() ? "" : "; and ") +
                 ("__fish_seen_subcommand_from " + path.substr(at, end - at));
    at = end + 1;
  }
  if (node.commands.empty()) return condition;
  condition += "; and not __fish_seen_subcommand_from";
  for (const CommandNode& command : node.commands) condition += " " + command.name;
  return condition;
}

std::string fish_option(const CommandNode::Option& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.placeholder.empty()) text += takes_file(option) ? " -r -F" : " -x";
  if (!option.choices.empty()) text += " -a " + quoted(joined_words(option.choices));
  return text + " -d " + quoted(first_line(option.help));
}

std::string fish(const CommandNode& program) {
  const std::string begin = "complete -c " + program.name;
  std::string text = "# " + program.name +
                     " completion for fish: put it into ~/.config/fish/completions/" +
                     program.name + ".fish\n";
  visit(program, "", [&](const CommandNode& node, const std::string& path) {
    const std::string condition = fish_condition(node, path);
    for (const CommandNode& command : node.commands) {
      text += begin + " -f -n " + quoted(condition) + " -a " + command.name + " -d " +
              quoted(first_line(command.description)) + "\n";
    }
    for (const CommandNode::Option& option : node.options) {
      if (option.names.empty()) continue;
      text += begin + (path.empty() ? "" : " -n " + quoted(condition)) + fish_option(option) + "\n";
    }
  });
  return text;
}

}  // namespace

std::string shell_completion(const CommandNode& program, Shell shell) {
  switch (shell) {
    case Shell::bash: return bash(program);
    case Shell::zsh: return zsh(program);
    case Shell::fish: return fish(program);
  }
  return {};
}

}  // namespace agent
