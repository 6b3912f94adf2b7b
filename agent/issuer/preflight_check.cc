#include "agent/issuer/preflight_check.h"

#include <array>
#include <utility>

#include "acme/answer.h"
#include "acme/challenge_type.h"
#include "base/encoding.h"

namespace agent {
namespace {

std::string join(const std::vector<std::string>& sentences) {
  std::string all;
  for (const std::string& each : sentences) all.append(all.empty() ? "" : "; ").append(each);
  return all;
}

bool connects_to_the_name(acme::ChallengeType type) {
  return type == acme::ChallengeType::http_01 || type == acme::ChallengeType::tls_alpn_01;
}

/// REQUIRES: at least one subproblem.
acme::Error error_of(std::vector<acme::Subproblem> problems) {
  acme::Error error{.code = problems.front().code,
                    .origin = acme::Origin::local,
                    .context = "a look before the order",
                    .detail = problems.front().detail};
  for (const acme::Subproblem& each : problems) {
    if (each.code != error.code) error.code = acme::Errc::compound;
  }
  if (problems.size() > 1) error.detail = std::to_string(problems.size()) + " names";
  error.subproblems = std::move(problems);
  return error;
}

}  // namespace

PreflightQuestion PreflightCheck::question_of(const OrderRecord& order,
                                              const base::DomainName& name,
                                              const Authority& authority) const {
  PreflightQuestion question{.name = name};
  question.caa.identities = authority.caa_identities;
  question.caa.account_url = authority.account_url;
  const std::vector<acme::ChallengeType> types =
      policy_.types_for(name, order.failures, challenge_path_of(order, name));
  if (types.empty()) return question;
  question.caa.challenge = acme::name_of(types.front());
  const bool connects = connects_to_the_name(types.front());
  using Reach = PreflightQuestion::Reach;
  question.reach = connects ? Reach::needed : Reach::not_needed;
  return question;
}

TokenProbe PreflightCheck::new_probe(const acme::Thumbprint& thumbprint) {
  std::array<std::byte, 32> bytes{};
  parts_.random.fill(bytes);
  const std::string text = base::encode_base64url(bytes);
  return {*acme::Token::parse(text), acme::KeyAuthorization(text + "." + thumbprint.value())};
}

base::asio::awaitable<PreflightVerdict> PreflightCheck::look_at(
    PreflightQuestion question, const acme::Thumbprint& thumbprint) {
  const bool fetches =
      fetch_ == Fetch::yes && question.caa.challenge == acme::name_of(acme::ChallengeType::http_01);
  if (!fetches) co_return co_await parts_.preflight.check(std::move(question));
  const TokenProbe probe = new_probe(thumbprint);
  const std::vector<acme::Answer> answers = {
      acme::HttpAnswer{acme::Identifier(question.name), probe.token, probe.answer}};
  const Solver::Outcome presented = co_await parts_.solver.present(answers);
  if (presented) question.probe = probe;
  PreflightVerdict verdict = co_await parts_.preflight.check(std::move(question));
  co_await parts_.solver.clean_up(answers);
  co_return verdict;
}

base::asio::awaitable<std::optional<acme::Error>> PreflightCheck::check(OrderRecord order,
                                                                        Authority authority) {
  std::vector<acme::Subproblem> problems;
  for (const base::DomainName& name : order.names) {
    if (name.is_address()) continue;  // has neither CAA nor addresses
    PreflightQuestion question = question_of(order, name, authority);
    const PreflightVerdict verdict = co_await look_at(std::move(question), authority.thumbprint);
    for (const std::string& doubt : verdict.doubts) {
      parts_.log.debug("a doubt before the order", {{"name", name.text()}, {"doubt", doubt}});
    }
    if (verdict.decision == PreflightVerdict::Decision::go) continue;
    problems.push_back({acme::Identifier(name), verdict.cause, join(verdict.obstacles)});
  }
  if (problems.empty()) co_return std::nullopt;
  co_return error_of(std::move(problems));
}

}  // namespace agent
