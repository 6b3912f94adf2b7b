#include "acme/caa.h"

#include <algorithm>

namespace acme {
namespace {

constexpr std::uint8_t critical = 128;
constexpr std::string_view blanks = " \t";

std::string lower(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return folded;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Cuts off what is before `separator`, trimmed; all of it if there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view piece = trim(rest.substr(0, at));
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return piece;
}

/// As it may be shown: a stranger has written it.
std::string quoted(std::string_view text) {
  constexpr std::size_t max_shown = 100;
  std::string shown = "\"";
  for (const char c : text.substr(0, max_shown)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + "\"";
}

/// The value of `issue` and `issuewild` (RFC 8659 §4.2).
struct IssueValue {
  std::string domain{};                     ///< lower-case; empty: nobody
  std::optional<std::string> account = {};  ///< `accounturi`
  std::optional<std::string> methods = {};  ///< `validationmethods`
  bool is_well_formed = true;
};

IssueValue parse_issue(std::string_view text) {
  IssueValue value;
  value.domain = lower(take_until(text, ';'));
  while (!text.empty()) {
    std::string_view parameter = take_until(text, ';');
    if (parameter.empty()) continue;
    value.is_well_formed = value.is_well_formed && parameter.find('=') != std::string_view::npos;
    const std::string tag = lower(take_until(parameter, '='));
    std::optional<std::string>* known = nullptr;
    if (tag == "accounturi") known = &value.account;
    if (tag == "validationmethods") known = &value.methods;
    if (known == nullptr) continue;
    if (*known) value.is_well_formed = false;  // RFC 8657 §3, §4: once at most
    *known = trim(parameter);
  }
  return value;
}

bool is_listed(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    if (take_until(list, ',') == wanted) return true;
  }
  return false;
}

bool is_known_tag(std::string_view tag) {
  return tag == "issue" || tag == "issuewild" || tag == "iodef" || tag == "issuemail" ||
         tag == "issuevmc" || tag == "contactemail" || tag == "contactphone";
}

CaaDecision forbid(std::string reason) {
  return {CaaVerdict::forbidden, std::move(reason)};
}

/// What a record that names the authority says of account and method.
CaaDecision judge_parameters(const IssueValue& value, const CaaQuestion& question) {
  if (!value.is_well_formed) {
    return forbid("the CAA record for " + value.domain + " has a malformed parameter");
  }
  if (value.account && question.account_url.empty()) {
    return {
        CaaVerdict::unknown,
        "a CAA record asks for the account " + quoted(*value.account) + ", and ours is not made"};
  }
  if (value.account && *value.account != question.account_url) {
    return forbid("the CAA record for " + value.domain + " allows the account " +
                  quoted(*value.account) + " only; ours is " + question.account_url);
  }
  if (value.methods && question.challenge.empty()) {
    return {CaaVerdict::unknown,
            "a CAA record allows the methods " + quoted(*value.methods) + " only"};
  }
  if (value.methods && !is_listed(*value.methods, question.challenge)) {
    return forbid("the CAA record for " + value.domain + " allows the methods " +
                  quoted(*value.methods) + " only; ours is " + question.challenge);
  }
  return {CaaVerdict::allowed};
}

std::vector<std::string_view> values_of(const std::vector<CaaRecord>& records,
                                        std::string_view tag) {
  std::vector<std::string_view> values;
  for (const CaaRecord& record : records) {
    if (lower(record.tag) == tag) values.push_back(record.value);
  }
  return values;
}

std::string nobody_named(std::string_view tag,
                         const std::vector<std::string_view>& values,
                         const std::vector<std::string>& identities) {
  std::string text = "CAA allows ";
  std::string names;
  for (const std::string_view value : values) {
    const std::string domain = parse_issue(value).domain;
    if (!domain.empty()) names += (names.empty() ? "" : ", ") + quoted(domain);
  }
  text += names.empty() ? "nobody" : names + " only";
  return text + "; to allow this authority add: CAA 0 " + std::string(tag) + " \"" +
         identities.front() + "\"";
}

/// Whether `a` is better news than `b`.
bool is_better(CaaVerdict a, CaaVerdict b) {
  const auto rank = [](CaaVerdict verdict) {
    switch (verdict) {
      case CaaVerdict::allowed: return 2;
      case CaaVerdict::unknown: return 1;
      case CaaVerdict::forbidden: return 0;
    }
    return 0;
  };
  return rank(a) > rank(b);
}

}  // namespace

CaaDecision judge_caa(const std::vector<CaaRecord>& records, const CaaQuestion& question) {
  for (const CaaRecord& record : records) {
    if ((record.flags & critical) != 0 && !is_known_tag(lower(record.tag))) {
      return forbid("a CAA record has the critical tag " + quoted(record.tag) +
                    ", which no authority may ignore");
    }
  }
  std::string_view tag = "issue";
  std::vector<std::string_view> values;
  if (question.name == CaaQuestion::Name::wildcard) values = values_of(records, "issuewild");
  if (!values.empty()) {
    tag = "issuewild";
  } else {
    values = values_of(records, "issue");
  }
  if (values.empty()) return {CaaVerdict::allowed};
  if (question.identities.empty()) {
    return {CaaVerdict::unknown, "the authority does not say by which name CAA calls it"};
  }
  std::optional<CaaDecision> best;
  for (const std::string_view text : values) {
    const IssueValue value = parse_issue(text);
    const bool is_ours = std::any_of(
        question.identities.begin(), question.identities.end(), [&](const std::string& identity) {
          return lower(identity) == value.domain;
        });
    if (!is_ours || value.domain.empty()) continue;
    CaaDecision decision = judge_parameters(value, question);
    if (!best || is_better(decision.verdict, best->verdict)) best = std::move(decision);
  }
  return best ? *std::move(best) : forbid(nobody_named(tag, values, question.identities));
}

}  // namespace acme
