#include "agent/cli/manual.h"

namespace agent {
namespace {

/// One line of text: nothing in it is a macro or an escape.
std::string escaped(std::string_view line) {
  std::string out;
  if (line.starts_with('.') || line.starts_with('\'')) out += "\\&";
  for (const char c : line) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

/// Lines as they are; the help's texts have their breaks.
std::string verbatim(const std::string& text) {
  if (text.empty()) return {};
  std::string out = ".nf\n";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += escaped(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out + ".fi\n";
}

std::string option_text(const CommandNode::Option& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "\\fB" : "\\fR, \\fB") + escaped(name);
  }
  if (!option.placeholder.empty()) {
    names += (names.empty() ? "\\fI" : "\\fR \\fI") + escaped(option.placeholder);
  }
  std::string help = option.help;
  if (!option.choices.empty()) {
    help += " (";
    for (const std::string& choice : option.choices) {
      help += (help.ends_with('(') ? "" : ", ") + choice;
    }
    help += ")";
  }
  return ".TP\n" + names + "\\fR\n" + escaped(help) + "\n";
}

std::string options_text(const CommandNode& node) {
  std::string out;
  for (const CommandNode::Option& option : node.options) out += option_text(option);
  return out;
}

std::string command_text(const CommandNode& node, const std::string& path) {
  std::string out;
  if (node.commands.empty()) {
    out = ".SS \"" + escaped(path) + "\"\n" + verbatim(node.description) + options_text(node);
    if (!node.footer.empty()) out += ".PP\n" + verbatim(node.footer);
  }
  for (const CommandNode& command : node.commands) {
    out += command_text(command, path + " " + command.name);
  }
  return out;
}

}  // namespace

std::string manual_page(const CommandNode& program, std::string_view version) {
  std::string out = ".TH ACME\\-SPOA 1 \"\" \"acme\\-spoa " + escaped(version) +
                    "\" \"User Commands\"\n"
                    ".SH NAME\n"
                    "acme\\-spoa \\- certificates for every hostname behind HAProxy\n"
                    ".SH SYNOPSIS\n"
                    ".B acme\\-spoa\n"
                    "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
                    ".SH DESCRIPTION\n" +
                    verbatim(program.description) + ".SH OPTIONS\n" + options_text(program) +
                    ".SH COMMANDS\n";
  for (const CommandNode& command : program.commands) out += command_text(command, command.name);
  return out + ".SH NOTES\n" + verbatim(program.footer) +
         ".SH SEE ALSO\n"
         ".BR haproxy (1)\n";
}

}  // namespace agent
