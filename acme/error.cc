#include "acme/error.h"

namespace acme {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "acme"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::account_does_not_exist: return "the authority does not know the account";
      case Errc::agreement_required: return "the terms of service are not agreed to";
      case Errc::already_replaced: return "the certificate was already replaced";
      case Errc::already_revoked: return "the certificate is already revoked";
      case Errc::bad_csr: return "the authority refuses the certificate request";
      case Errc::bad_nonce: return "the authority refuses the nonce";
      case Errc::bad_public_key: return "the authority refuses the key";
      case Errc::bad_revocation_reason: return "the authority refuses the revocation reason";
      case Errc::bad_signature_algorithm: return "the authority refuses the signature algorithm";
      case Errc::caa: return "a CAA record forbids the authority to issue";
      case Errc::compound: return "several identifiers failed";
      case Errc::conflict: return "the authority saw a conflicting request";
      case Errc::connection: return "the authority could not connect to the name";
      case Errc::dns: return "the authority could not look the name up in DNS";
      case Errc::external_account_required: return "an external account binding is required";
      case Errc::incorrect_response: return "the authority got a wrong answer to the challenge";
      case Errc::invalid_contact: return "the authority refuses a contact";
      case Errc::invalid_profile: return "the authority does not offer the profile";
      case Errc::malformed: return "the authority finds the request malformed";
      case Errc::order_not_ready: return "the order is not ready";
      case Errc::rate_limited: return "a rate limit of the authority is reached";
      case Errc::rejected_identifier: return "the authority will not issue for the identifier";
      case Errc::server_internal: return "the authority has an internal error";
      case Errc::tls: return "the authority's TLS connection to the name failed";
      case Errc::unauthorized: return "unauthorized";
      case Errc::unsupported_contact: return "the authority does not support a contact's scheme";
      case Errc::unsupported_identifier:
        return "the authority does not issue for this type of identifier";
      case Errc::user_action_required: return "the authority asks for an action of the operator";
      case Errc::unknown_problem: return "the authority refuses the request";
      case Errc::connection_failed: return "no connection to the authority";
      case Errc::timeout: return "the authority did not answer in time";
      case Errc::tls_failed: return "no trusted TLS connection to the authority";
      case Errc::bad_response: return "the authority's reply makes no sense";
      case Errc::cancelled: return "cancelled";
      case Errc::no_usable_challenge: return "the authority offers no challenge that may be used";
      case Errc::present_failed: return "the answer to a challenge could not be published";
      case Errc::key_generation_failed: return "no key could be made";
      case Errc::bad_certificate: return "the certificate is not what was ordered";
      case Errc::authorization_lost: return "an authorization is no longer usable";
      case Errc::order_lost: return "the order is no longer usable";
      case Errc::no_renewal_info: return "the authority has no renewal information";
      case Errc::order_overdue: return "the authority did not finish the order in time";
    }
    return "error " + std::to_string(code);
  }
};

void append(std::string& text, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += ": ";
  text += part;
}

/// Says what the code means only where the whole has not said it.
std::string describe(const Subproblem& subproblem, Errc whole) {
  std::string text(subproblem.identifier ? subproblem.identifier->value() : std::string());
  const bool is_said = subproblem.code == whole && !subproblem.detail.empty();
  if (!is_said) append(text, make_error_code(subproblem.code).message());
  append(text, subproblem.detail);
  return text;
}

}  // namespace

const std::error_category& category() noexcept {
  static const Category category;
  return category;
}

std::string describe(const Error& error) {
  std::string text = error.context;
  std::string meaning = make_error_code(error.code).message();
  if (error.code == Errc::unknown_problem && error.http_status != 0) {
    meaning += " with status " + std::to_string(error.http_status);
  }
  append(text, meaning);
  append(text, error.detail);
  std::string_view separator = " [";
  for (const Subproblem& subproblem : error.subproblems) {
    text += separator;
    text += describe(subproblem, error.code);
    separator = "; ";
  }
  if (!error.subproblems.empty()) text += ']';
  return text;
}

Error with_context(std::string_view context, Error error) {
  std::string whole(context);
  append(whole, error.context);
  error.context = std::move(whole);
  return error;
}

}  // namespace acme
