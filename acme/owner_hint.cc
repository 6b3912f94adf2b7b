#include "acme/owner_hint.h"

namespace acme {

std::string_view owner_hint(Errc code) {
  switch (code) {
    case Errc::caa:
      return "What to do: add the authority to the CAA records of the name, or remove them";
    case Errc::dns:
      return "What to do: check that the name exists in DNS, that its name servers answer, and "
             "that "
             "its address records lead here";
    case Errc::connection:
      return "What to do: check that the name's A and AAAA records lead here and that no firewall "
             "closes port 80";
    case Errc::tls:
      return "What to do: check that the name's A and AAAA records lead here; another server "
             "answers on port 443";
    case Errc::incorrect_response:
    case Errc::unauthorized:
      return "What to do: check that all A and AAAA records of the name lead here; another server "
             "has answered";
    case Errc::rejected_identifier:
      return "What to do: ask the authority; its policy does not allow this name";
    case Errc::unsupported_identifier:
      return "What to do: use another authority; this one issues no certificates for such names";
    case Errc::rate_limited:
      return "What to do: nothing, unless it says that the name is paused: then visit the link";
    case Errc::user_action_required:
      return "What to do: the operator has to agree to new terms of the authority";
    case Errc::external_account_required:
      return "What to do: the operator has to configure the account binding of the authority";
    case Errc::invalid_profile:
      return "What to do: the operator has to configure a profile that the authority offers";
    case Errc::no_usable_challenge:
      return "What to do: the operator has to allow a challenge type that the authority offers";
    case Errc::account_does_not_exist:
    case Errc::agreement_required:
    case Errc::already_replaced:
    case Errc::already_revoked:
    case Errc::bad_csr:
    case Errc::bad_nonce:
    case Errc::bad_public_key:
    case Errc::bad_revocation_reason:
    case Errc::bad_signature_algorithm:
    case Errc::compound:
    case Errc::conflict:
    case Errc::invalid_contact:
    case Errc::malformed:
    case Errc::order_not_ready:
    case Errc::server_internal:
    case Errc::unsupported_contact:
    case Errc::unknown_problem:
    case Errc::connection_failed:
    case Errc::timeout:
    case Errc::tls_failed:
    case Errc::bad_response:
    case Errc::cancelled:
    case Errc::present_failed:
    case Errc::key_generation_failed:
    case Errc::bad_certificate:
    case Errc::authorization_lost:
    case Errc::order_lost:
    case Errc::order_overdue:
    case Errc::no_renewal_info: return "";
  }
  return "";
}

}  // namespace acme
