#include "haproxy/runtime_error_text.h"

#include <algorithm>

namespace haproxy {
namespace {

struct KnownText {
  std::string_view part;
  Errc code;
};

// The first part found in a reply decides, so what explains a failure stands before what only says
// that there is one. Every part has a blank, which no name of ours has.
constexpr KnownText known_texts[] = {
    {"Operations on certificates are currently locked!", Errc::locked},
    {"Permission denied", Errc::permission_denied},
    {"Can't allocate memory!", Errc::permission_denied},  // "show ssl cert" below level operator
    {"Unknown command", Errc::unknown_command},
    {"The payload is too big", Errc::too_big},
    {"The command line is too big", Errc::too_big},
    {"Can't find the target PID", Errc::process_not_found},
    {" expects a filename", Errc::bad_command},
    {"wrong line number after colons", Errc::bad_command},
    // new, set, commit, abort
    {" already exists!", Errc::already_exists},
    {"Can't replace a certificate which is not referenced", Errc::not_found},
    {"The ongoing transaction is about '", Errc::other_transaction},
    {"No ongoing transaction!", Errc::no_transaction},
    {"inconsistencies between private key and certificate", Errc::key_mismatch},
    {"must contain at least a certificate and a private key", Errc::key_missing},
    {"unable to load SSL private key", Errc::key_missing},
    {"unable to load certificate", Errc::bad_pem},
    {"Can't load the payload", Errc::bad_pem},
    // del ssl cert, show ssl cert
    {"ongoing transaction for the certificate '", Errc::transaction_open},
    {" in use, can't be deleted!", Errc::in_use},
    {" in use for JWT validation, can't be deleted!", Errc::in_use},
    {"Can't display the certificate: Not found", Errc::not_found},
    // add, del, show ssl crt-list
    {"Can't edit the crt-list: crt-list '", Errc::list_not_found},
    {"Can't delete the entry: crt-list '", Errc::list_not_found},
    {"didn't find the specified filename", Errc::list_not_found},
    {" does not exist!", Errc::not_found},
    {" doesn't exist!", Errc::not_found},
    {" is empty!", Errc::certificate_empty},
    {"only one line of payload is supported!", Errc::bad_list_line},
    {"parsing [CLI:1]: ", Errc::bad_list_line},
    {"file already exists in this directory!", Errc::already_in_directory},
    {"this is a directory, SSL configuration", Errc::directory_without_options},
    {" must contain the directory path", Errc::outside_directory},
    {" already instantiated with incompatible parameters", Errc::incompatible_parameters},
    {" can't be found in crt-list '", Errc::not_in_list},
    {" in several entries", Errc::several_entries},
    {" but the line number is incorrect", Errc::wrong_line},
    {" it is used as default certificate", Errc::default_certificate},
};

}  // namespace

std::optional<Errc> parse_error_text(std::string_view text) {
  const auto* known =
      std::find_if(std::begin(known_texts), std::end(known_texts), [&](const KnownText& candidate) {
        return text.find(candidate.part) != std::string_view::npos;
      });
  if (known != std::end(known_texts)) return known->code;
  return text.ends_with("Failed!") ? std::optional(Errc::commit_failed) : std::nullopt;
}

}  // namespace haproxy
