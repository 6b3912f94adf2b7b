#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "haproxy/crt_list_line.h"
#include "haproxy/names.h"
#include "haproxy/pem_bundle.h"
#include "haproxy/runtime_version.h"

namespace haproxy {

// The commands of the runtime API that we use, as values. What each of them does and replies is in
// HAProxy's management.txt §9.3; parse_reply() knows the replies.

struct Prompt {};  ///< once, first: replies then end in `> `
/// On a master's socket, once: what follows goes to that worker (1 is the current one).
struct SelectWorker {
  unsigned number = 1;
};
struct ShowVersion {};
struct ShowInfo {};  ///< the process: version, pid, uptime, whether it is being retired
struct NewCertificate {
  CertificateName name;
};
/// Opens or replaces the one transaction of the process. Only a PemBundle fits: an empty line or a
/// CR would damage the payload.
struct SetCertificate {
  CertificateName name;
  PemBundle pem;
};
struct CommitCertificate {
  CertificateName name;
};
struct AbortCertificate {
  CertificateName name;
};
struct DeleteCertificate {
  CertificateName name;
};
struct AddToCrtList {
  CrtListName list;
  CrtListLine line;
};
struct DeleteFromCrtList {
  CrtListName list;
  CertificateName name;
  std::optional<unsigned> line;  ///< needed if the list has the certificate more than once
};
struct ShowCertificates {};  ///< all names, and the open transaction
struct ShowCertificate {
  CertificateName name;
};
struct ShowCrtLists {};
struct ShowCrtList {  ///< with line numbers
  CrtListName list;
};

using Command = std::variant<Prompt,
                             SelectWorker,
                             ShowVersion,
                             ShowInfo,
                             NewCertificate,
                             SetCertificate,
                             CommitCertificate,
                             AbortCertificate,
                             DeleteCertificate,
                             AddToCrtList,
                             DeleteFromCrtList,
                             ShowCertificates,
                             ShowCertificate,
                             ShowCrtLists,
                             ShowCrtList>;

/// The bytes to send, with payload and its end. A set command has a private key in it.
std::string encode(const Command& command);

/// The command's own line without LF and payload; fit for a log.
std::string to_string(const Command& command);

/// Its words without names, `set ssl cert`: a bounded number of texts, fit for a metric's label.
std::string_view kind_of(const Command& command);

/// What HAProxy would not take, found before it is sent: Errc::over_limit if line and payload do
/// not fit the buffer (the detail names the setting to raise and the size it needs), Errc::bad_name
/// for a certificate that could not be set under its name.
base::Result<void, RuntimeError> check(const Command& command,
                                       const Version& version,
                                       const Tuning& tuning);

}  // namespace haproxy
