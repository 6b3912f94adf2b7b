#include "haproxy/runtime_command.h"

namespace haproxy {
namespace {

using base::Unexpected;

// Beside the payload itself: HAProxy 3.4 gives no answer to some sizes this near to the limit.
constexpr std::size_t margin = 64;

struct Line {
  std::string operator()(const Prompt&) const { return "prompt"; }
  std::string operator()(const SelectWorker& c) const { return "@" + std::to_string(c.number); }
  std::string operator()(const ShowVersion&) const { return "show version"; }
  std::string operator()(const ShowInfo&) const { return "show info"; }
  std::string operator()(const NewCertificate& c) const { return "new ssl cert " + c.name.text(); }
  // The blank before << matters: without it, it is part of the name.
  std::string operator()(const SetCertificate& c) const {
    return "set ssl cert " + c.name.text() + " <<";
  }
  std::string operator()(const CommitCertificate& c) const {
    return "commit ssl cert " + c.name.text();
  }
  std::string operator()(const AbortCertificate& c) const {
    return "abort ssl cert " + c.name.text();
  }
  std::string operator()(const DeleteCertificate& c) const {
    return "del ssl cert " + c.name.text();
  }
  // Options and filters behind the name would be ignored; in the payload they count.
  std::string operator()(const AddToCrtList& c) const {
    const std::string line = "add ssl crt-list " + c.list.text() + " ";
    return line + (c.line.is_plain() ? c.line.name().text() : "<<");
  }
  std::string operator()(const DeleteFromCrtList& c) const {
    const std::string line = "del ssl crt-list " + c.list.text() + " " + c.name.text();
    return c.line ? line + ":" + std::to_string(*c.line) : line;
  }
  std::string operator()(const ShowCertificates&) const { return "show ssl cert"; }
  std::string operator()(const ShowCertificate& c) const {
    return "show ssl cert " + c.name.text();
  }
  std::string operator()(const ShowCrtLists&) const { return "show ssl crt-list"; }
  std::string operator()(const ShowCrtList& c) const {
    return "show ssl crt-list -n " + c.list.text();
  }
};

struct Kind {
  std::string_view operator()(const Prompt&) const { return "prompt"; }
  std::string_view operator()(const SelectWorker&) const { return "@"; }
  std::string_view operator()(const ShowVersion&) const { return "show version"; }
  std::string_view operator()(const ShowInfo&) const { return "show info"; }
  std::string_view operator()(const NewCertificate&) const { return "new ssl cert"; }
  std::string_view operator()(const SetCertificate&) const { return "set ssl cert"; }
  std::string_view operator()(const CommitCertificate&) const { return "commit ssl cert"; }
  std::string_view operator()(const AbortCertificate&) const { return "abort ssl cert"; }
  std::string_view operator()(const DeleteCertificate&) const { return "del ssl cert"; }
  std::string_view operator()(const AddToCrtList&) const { return "add ssl crt-list"; }
  std::string_view operator()(const DeleteFromCrtList&) const { return "del ssl crt-list"; }
  std::string_view operator()(const ShowCertificates&) const { return "show ssl cert"; }
  std::string_view operator()(const ShowCertificate&) const { return "show ssl cert NAME"; }
  std::string_view operator()(const ShowCrtLists&) const { return "show ssl crt-list"; }
  std::string_view operator()(const ShowCrtList&) const { return "show ssl crt-list NAME"; }
};

/// With the empty line that ends it; empty if the command has none.
std::string payload(const Command& command) {
  if (const auto* set = std::get_if<SetCertificate>(&command)) return set->pem.text() + "\n";
  const auto* add = std::get_if<AddToCrtList>(&command);
  return add && !add->line.is_plain() ? add->line.encode() + "\n\n" : std::string();
}

/// The certificate whose name has to be one that `set` can address.
const CertificateName* deployed_name(const Command& command) {
  if (const auto* made = std::get_if<NewCertificate>(&command)) return &made->name;
  if (const auto* set = std::get_if<SetCertificate>(&command)) return &set->name;
  return nullptr;
}

Unexpected<RuntimeError> over_limit(const Command& command,
                                    std::string_view what,
                                    std::size_t has,
                                    std::string_view setting,
                                    std::size_t needs) {
  return Unexpected(
      RuntimeError{Errc::over_limit,
                   std::string(what) + " has " + std::to_string(has) + " bytes: set " +
                       std::string(setting) + " to at least " + std::to_string(needs) +
                       " in HAProxy's global section, or use a shorter chain or an ECDSA key",
                   to_string(command)});
}

}  // namespace

std::string encode(const Command& command) {
  return to_string(command) + "\n" + payload(command);
}

std::string to_string(const Command& command) {
  return std::visit(Line{}, command);
}

std::string_view kind_of(const Command& command) {
  return std::visit(Kind{}, command);
}

base::Result<void, RuntimeError> check(const Command& command,
                                       const Version& version,
                                       const Tuning& tuning) {
  if (const CertificateName* name = deployed_name(command); name && !is_deployable(*name))
    return Unexpected(RuntimeError{Errc::bad_name, name->text(), to_string(command)});
  const std::size_t line = to_string(command).size() + 1;
  const std::size_t body = payload(command).size();
  const bool apart = features_of(version).own_payload_limit;
  // Before 3.4 line and payload share the buffer, which keeps one byte for itself (measured).
  const std::size_t buffered = apart ? line : line + body;
  if (buffered + 1 > tuning.bufsize)
    return over_limit(command, "the command", buffered, "tune.bufsize", buffered + 1);
  if (apart && body > 0 && body + margin > tuning.max_payload)
    return over_limit(command, "the payload", body, "tune.cli.max-payload-size", body + margin);
  return {};
}

}  // namespace haproxy
