#include "acme/problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include "acme/retry_after.h"

namespace acme {
namespace {

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_subproblems = 200;
constexpr std::string_view urn = "urn:ietf:params:acme:error:";

constexpr std::array<std::pair<std::string_view, Errc>, 28> types = {{
    {"accountDoesNotExist", Errc::account_does_not_exist},
    {"agreementRequired", Errc::agreement_required},
    {"alreadyReplaced", Errc::already_replaced},
    {"alreadyRevoked", Errc::already_revoked},
    {"badCSR", Errc::bad_csr},
    {"badNonce", Errc::bad_nonce},
    {"badPublicKey", Errc::bad_public_key},
    {"badRevocationReason", Errc::bad_revocation_reason},
    {"badSignatureAlgorithm", Errc::bad_signature_algorithm},
    {"caa", Errc::caa},
    {"compound", Errc::compound},
    {"conflict", Errc::conflict},
    {"connection", Errc::connection},
    {"dns", Errc::dns},
    {"externalAccountRequired", Errc::external_account_required},
    {"incorrectResponse", Errc::incorrect_response},
    {"invalidContact", Errc::invalid_contact},
    {"invalidProfile", Errc::invalid_profile},
    {"malformed", Errc::malformed},
    {"orderNotReady", Errc::order_not_ready},
    {"rateLimited", Errc::rate_limited},
    {"rejectedIdentifier", Errc::rejected_identifier},
    {"serverInternal", Errc::server_internal},
    {"tls", Errc::tls},
    {"unauthorized", Errc::unauthorized},
    {"unsupportedContact", Errc::unsupported_contact},
    {"unsupportedIdentifier", Errc::unsupported_identifier},
    {"userActionRequired", Errc::user_action_required},
}};

Errc code_of(std::string_view type) {
  if (!type.starts_with(urn)) return Errc::unknown_problem;
  type.remove_prefix(urn.size());
  const auto* const found = std::find_if(
      types.begin(), types.end(), [type](const auto& entry) { return entry.first == type; });
  return found == types.end() ? Errc::unknown_problem : found->second;
}

/// Length of the control character at the start of `text` (C0, DEL, or C1 in UTF-8), else 0.
std::size_t control_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7f) return 1;
  if (first != 0xc2 || text.size() < 2) return 0;
  return static_cast<unsigned char>(text[1]) < 0xa0 ? 2 : 0;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::optional<Identifier> read_identifier(const Json& problem) {
  const std::optional<Json> identifier = problem.object("identifier");
  return identifier ? parse_identifier(*identifier) : std::nullopt;
}

Problem parse_flat(const Json& json) {
  return {.type = printable(json.string("type").value_or("")),
          .detail = printable(json.string("detail").value_or("")),
          .identifier = read_identifier(json),
          .subproblems = {},
          .instance = printable(json.string("instance").value_or(""))};
}

Error error_without_document(const HttpResponse& response) {
  const std::string type = printable(find_header(response, "content-type"));
  return Error{
      .code = Errc::unknown_problem,
      .context = {},
      .detail = "no problem document in the reply" + (type.empty() ? "" : ", but " + type)};
}

/// What a status says when no type does (reference: 429 wait, 5xx the server's fault).
Errc code_of_status(int status) {
  if (status == 429) return Errc::rate_limited;
  return status >= 500 ? Errc::server_internal : Errc::unknown_problem;
}

}  // namespace

std::optional<Identifier> parse_identifier(const Json& identifier) {
  const std::string value = identifier.string("value").value_or("");
  if (identifier.string("type") == "dns") {
    const auto name = base::DomainName::parse(value);
    return name ? std::optional(Identifier(*name)) : std::nullopt;
  }
  const auto address = base::IpAddress::parse(value);
  if (identifier.string("type") != "ip" || !address) return std::nullopt;
  return Identifier(base::DomainName(*address));
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(std::min(text.size(), max_text));
  while (!text.empty() && clean.size() <= max_text) {
    const std::size_t control = control_length(text);
    if (control == 0) clean += text[0];
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  if (clean.size() <= max_text) return clean;
  std::size_t size = max_text;
  while (size > 0 && is_continuation(clean[size])) --size;
  clean.resize(size);
  return clean;
}

Problem parse_problem(const Json& json) {
  Problem problem = parse_flat(json);
  for (const Json& subproblem : json.objects("subproblems")) {
    if (problem.subproblems.size() == max_subproblems) break;
    problem.subproblems.push_back(parse_flat(subproblem));
  }
  return problem;
}

Error to_error(const Problem& problem, Origin origin) {
  Error error{
      .code = code_of(problem.type), .origin = origin, .context = {}, .detail = problem.detail};
  error.instance = problem.instance;
  if (error.code == Errc::unknown_problem && !problem.type.empty()) {
    error.detail = printable(problem.type + (problem.detail.empty() ? "" : ": " + problem.detail));
  }
  for (const Problem& part : problem.subproblems) {
    error.subproblems.push_back({part.identifier, code_of(part.type), part.detail});
  }
  return error;
}

Error error_of(const HttpResponse& response, base::WallTime now) {
  const std::optional<Json> json = Json::parse_object(response.body);
  Error error =
      json ? to_error(parse_problem(*json), Origin::request) : error_without_document(response);
  if (error.code == Errc::unknown_problem) error.code = code_of_status(response.status);
  error.http_status = response.status;
  error.retry_after = parse_retry_after(find_header(response, "retry-after"), now);
  return error;
}

Error bad_response(std::string detail) {
  return Error{.code = Errc::bad_response, .context = {}, .detail = std::move(detail)};
}

}  // namespace acme
