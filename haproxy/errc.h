#pragma once

#include <string>
#include <system_error>

#include "base/result.h"

namespace haproxy {

/// Why HAProxy, a document or a session of ours failed. The texts of the first three groups come
/// from HAProxy 2.4 to 3.5; parse_reply() maps them.
enum class Errc {
  // What HAProxy says about the object.
  already_exists = 1,       ///< new: a certificate of that name is loaded
  not_found,                ///< the certificate is not loaded
  list_not_found,           ///< no bind line uses a crt-list of exactly that spelling
  not_in_list,              ///< del crt-list: the certificate has no entry in the list
  already_in_directory,     ///< add crt-list: a directory has each file once
  several_entries,          ///< del crt-list: a line number is needed
  wrong_line,               ///< del crt-list: the entry is not on that line
  certificate_empty,        ///< add crt-list: nothing was committed yet
  in_use,                   ///< del cert: an entry of some list still uses it
  default_certificate,      ///< del crt-list: a bind line without strict-sni would lose its default
  incompatible_parameters,  ///< add crt-list: loaded already with another `ocsp-update`
  outside_directory,        ///< add crt-list: a directory takes its own files only (up to 3.2)
  directory_without_options,  ///< add crt-list: a directory takes no options and filters
  bad_list_line,              ///< add crt-list: the payload line was refused
  // What HAProxy says about the PEM or the transaction.
  bad_pem,            ///< set: no certificate in the payload, or a broken one
  key_mismatch,       ///< commit: the key does not belong to the first certificate
  key_missing,        ///< commit, add: there is no private key
  no_transaction,     ///< commit, abort: nothing is open
  transaction_open,   ///< del cert: a transaction for this very certificate is open
  other_transaction,  ///< a transaction is open for another certificate; HAProxy touched nothing
  misdirected,        ///< set on 2.6: the payload landed in the open transaction named in `detail`
  commit_failed,      ///< commit, add: `Failed!` with another reason
  // What HAProxy says about the command or its own state.
  locked,             ///< another command holds the certificate lock: again in 20 to 100 ms
  permission_denied,  ///< the socket has not `level admin`
  unknown_command,    ///< this version does not have it
  bad_command,        ///< an argument is missing
  too_big,            ///< line or payload over HAProxy's limit
  process_not_found,  ///< master CLI: no such worker; the session is closed
  unexpected_reply,   ///< a text that belongs to no outcome of the command; the session is closed
  // What a session of ours found.
  timeout,            ///< no reply in time; the session is closed
  connection_closed,  ///< by HAProxy, or by us after another error
  protocol_error,     ///< bytes that no command asked for, or an endless reply
  // What we refuse before HAProxy sees it.
  bad_name,             ///< a character HAProxy would read as syntax, or a reserved ending
  over_limit,           ///< line and payload would not fit; `detail` says what to change
  process_stopping,     ///< the process is being retired; connect again
  foreign_transaction,  ///< a leftover transaction whose name cannot be written in a command
  version_too_old,      ///< before 2.4: certificates cannot be changed reliably at runtime
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), category()};
}

/// Whether the session is closed after this error, so that no clean-up can be sent any more.
bool ends_session(const std::error_code& code);

/// A code for machines and a sentence for people: HAProxy's own text, or ours where we refused.
/// HAProxy's text is what a peer wrote: escape it before printing.
struct RuntimeError {
  std::error_code code;
  std::string detail;
  std::string command = {};  ///< the line that failed; empty before the first one
  /// `set ssl cert /a.pem: the PEM was refused: unable to load certificate ...`
  std::string message() const;
  friend bool operator==(const RuntimeError&, const RuntimeError&) = default;
};

/// Why a document was refused. `line` counts from 1; 0 if the whole document is meant.
struct DocumentError {
  std::size_t line = 0;
  std::string detail;
  friend bool operator==(const DocumentError&, const DocumentError&) = default;
};

base::Unexpected<RuntimeError> runtime_failure(Errc code, std::string detail);
base::Unexpected<DocumentError> document_failure(std::size_t line, std::string detail);

}  // namespace haproxy

template <>
struct std::is_error_code_enum<haproxy::Errc> : std::true_type {};
