#include "haproxy/errc.h"

namespace haproxy {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "haproxy"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::already_exists: return "the certificate exists already";
      case Errc::not_found: return "the certificate is not loaded";
      case Errc::list_not_found: return "no bind line uses a crt-list of that name";
      case Errc::not_in_list: return "the certificate is not in the crt-list";
      case Errc::already_in_directory: return "the certificate is in the directory already";
      case Errc::several_entries: return "the crt-list has several entries of the certificate";
      case Errc::wrong_line: return "the crt-list entry is not on that line";
      case Errc::certificate_empty: return "the certificate has no content yet";
      case Errc::in_use: return "the certificate is in use";
      case Errc::default_certificate: return "the certificate is the default of a bind line";
      case Errc::incompatible_parameters:
        return "the certificate is loaded with other parameters already";
      case Errc::outside_directory: return "the certificate is outside the directory";
      case Errc::directory_without_options: return "a directory takes no options or filters";
      case Errc::bad_list_line: return "the crt-list line was refused";
      case Errc::bad_pem: return "the PEM was refused";
      case Errc::key_mismatch: return "the private key does not belong to the certificate";
      case Errc::key_missing: return "the private key is missing";
      case Errc::no_transaction: return "no transaction is open";
      case Errc::transaction_open: return "a transaction for the certificate is open";
      case Errc::other_transaction: return "a transaction for another certificate is open";
      case Errc::misdirected: return "the certificate landed in another certificate's transaction";
      case Errc::commit_failed: return "the change failed";
      case Errc::locked: return "certificates are locked by another command";
      case Errc::permission_denied: return "the socket's level does not permit the command";
      case Errc::unknown_command: return "HAProxy does not know the command";
      case Errc::bad_command: return "HAProxy found the command incomplete";
      case Errc::too_big: return "HAProxy found the command too big";
      case Errc::process_not_found: return "the process is gone";
      case Errc::unexpected_reply: return "HAProxy gave an unexpected reply";
      case Errc::timeout: return "HAProxy did not reply in time";
      case Errc::connection_closed: return "the connection to HAProxy is closed";
      case Errc::protocol_error: return "HAProxy sent what was not asked for";
      case Errc::bad_name: return "the name cannot be used in HAProxy";
      case Errc::over_limit: return "the command is larger than HAProxy takes";
      case Errc::process_stopping: return "the HAProxy process is being retired";
      case Errc::foreign_transaction: return "a transaction with an unusable name is open";
      case Errc::version_too_old: return "this version of HAProxy is too old";
    }
    return "error " + std::to_string(code);
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const Category category;
  return category;
}

bool ends_session(const std::error_code& code) {
  return code == Errc::timeout || code == Errc::connection_closed || code == Errc::protocol_error ||
         code == Errc::unexpected_reply || code == Errc::process_not_found;
}

base::Unexpected<RuntimeError> runtime_failure(Errc code, std::string detail) {
  return base::Unexpected(RuntimeError{code, std::move(detail)});
}

base::Unexpected<DocumentError> document_failure(std::size_t line, std::string detail) {
  return base::Unexpected(DocumentError{line, std::move(detail)});
}

std::string RuntimeError::message() const {
  std::string text = command.empty() ? code.message() : command + ": " + code.message();
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace haproxy
