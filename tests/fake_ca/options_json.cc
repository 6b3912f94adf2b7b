#include "tests/fake_ca/options_json.h"

#include "tests/fake_ca/json_fields.h"
#include "tests/fake_ca/jws.h"

namespace fake_ca {
namespace {

std::string parse_limit(Limit& limit, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  fields.read("burst", limit.burst);
  fields.read("period_seconds", limit.period);
  std::string mistake = fields.mistake();
  if (mistake.empty() && limit.burst > 0 && limit.period.count() <= 0) {
    mistake = where + ".period_seconds is to be positive";
  }
  return mistake;
}

void read_limit(JsonFields& fields, const char* name, Limit& limit) {
  fields.read(name, [&limit](const Json& json, const std::string& where) {
    return parse_limit(limit, json, where);
  });
}

std::string parse_request_limits(RequestLimits& limits,
                                 const Json& json,
                                 const std::string& where) {
  JsonFields fields(json, where);
  read_limit(fields, "new_nonce", limits.new_nonce);
  read_limit(fields, "new_account", limits.new_account);
  read_limit(fields, "new_order", limits.new_order);
  read_limit(fields, "revoke", limits.revoke);
  read_limit(fields, "renewal_info", limits.renewal_info);
  read_limit(fields, "directory", limits.directory);
  read_limit(fields, "other", limits.other);
  return fields.mistake();
}

void read_overrides(JsonFields& fields, const char* name, std::map<std::string, Limit>& limits) {
  fields.read_each(name,
                   [&limits](const std::string& key, const Json& json, const std::string& where) {
                     return parse_limit(limits[key], json, where);
                   });
}

std::string parse_preset(LimitOptions& limits, const Json& json, const std::string& where) {
  if (json == "none") {
    limits = no_limits();
  } else if (json == "letsencrypt") {
    limits = lets_encrypt_limits();
  } else if (json == "letsencrypt_staging") {
    limits = lets_encrypt_staging_limits();
  } else {
    return where + " is to be none, letsencrypt or letsencrypt_staging";
  }
  return {};
}

std::string parse_limits(LimitOptions& limits, const Json& json, const std::string& where) {
  if (json.is_string()) return parse_preset(limits, json, where);
  JsonFields fields(json, where);
  fields.read("preset", [&limits](const Json& preset, const std::string& place) {
    return parse_preset(limits, preset, place);
  });
  read_limit(fields, "new_orders", limits.new_orders);
  read_limit(fields, "certificates_per_domain", limits.certificates_per_domain);
  read_limit(fields, "certificates_per_set", limits.certificates_per_set);
  read_limit(fields, "failed_authorizations", limits.failed_authorizations);
  read_limit(fields, "consecutive_failures", limits.consecutive_failures);
  read_limit(fields, "new_accounts", limits.new_accounts);
  fields.read("requests", [&limits](const Json& requests, const std::string& place) {
    return parse_request_limits(limits.requests, requests, place);
  });
  read_overrides(fields, "new_orders_overrides", limits.new_orders_overrides);
  read_overrides(
      fields, "certificates_per_domain_overrides", limits.certificates_per_domain_overrides);
  return fields.mistake();
}

std::string parse_profile(Profile& profile, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  fields.read("description", profile.description);
  fields.read("validity_seconds", profile.validity);
  fields.read("max_names", profile.max_names);
  fields.read("valid_authorization_seconds", profile.valid_authorization_life);
  fields.read("pending_authorization_seconds", profile.pending_authorization_life);
  fields.read("order_seconds", profile.order_life);
  fields.read("allows_ip", profile.allows_ip);
  fields.read("has_common_name", profile.has_common_name);
  return fields.mistake();
}

std::string parse_problem(Problem& problem, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  fields.read("type", problem.type);
  fields.read("status", problem.status);
  fields.read("detail", problem.detail);
  fields.read("instance", problem.instance);
  fields.read("retry_after_seconds", [&problem](const Json& value, const std::string& place) {
    if (!value.is_number_integer()) return place + " is to be a whole number";
    problem.retry_after = std::chrono::seconds(value.get<long>());
    return std::string();
  });
  std::string mistake = fields.mistake();
  return mistake.empty() && problem.type.empty() ? where + ".type is missing" : mistake;
}

std::string parse_challenge_types(std::vector<ChallengeType>& types,
                                  const Json& json,
                                  const std::string& where) {
  types.clear();
  for (const Json& entry : json) {
    bool is_known = false;
    for (const ChallengeType type : all_challenge_types) {
      if (entry != name_of(type)) continue;
      types.push_back(type);
      is_known = true;
    }
    if (!is_known) return where + " has an unknown challenge type: " + entry.dump();
  }
  return types.empty() ? where + " is to name at least one challenge type" : "";
}

template <class T>
JsonFields::Parse parse_choice(T& target, std::vector<std::pair<const char*, T>> choices) {
  return [&target, choices](const Json& json, const std::string& where) {
    std::string all;
    for (const auto& [name, value] : choices) {
      if (json == name) {
        target = value;
        return std::string();
      }
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    return where + " is to be one of " + all;
  };
}

JsonFields::Parse parse_seconds(std::optional<std::chrono::seconds>& target) {
  return [&target](const Json& json, const std::string& where) {
    if (json.is_null()) {
      target.reset();
      return std::string();
    }
    if (!json.is_number_unsigned()) return where + " is to be null or a whole number";
    target = std::chrono::seconds(json.get<long>());
    return std::string();
  };
}

void read_certificates(JsonFields& fields, Options& options) {
  fields.read("default_profile", options.default_profile);
  fields.read("classic", [&options](const Json& json, const std::string& where) {
    return parse_profile(options.classic, json, where);
  });
  fields.read_each("profiles",
                   [&options](const std::string& name, const Json& json, const std::string& where) {
                     return parse_profile(options.profiles[name], json, where);
                   });
  fields.read("backdate_seconds", options.backdate);
  fields.read("validity_skew_seconds", options.validity_skew);
  fields.read("date_skew_seconds", options.date_skew);
  fields.read("alternate_chains", options.alternate_chains);
  fields.read("offers_renewal_info", options.offers_renewal_info);
  fields.read("renewal_info_retry_after_seconds", options.renewal_info_retry_after);
}

void read_accounts(JsonFields& fields, Options& options) {
  fields.read("terms_must_be_agreed", options.terms_must_be_agreed);
  fields.read("terms_refusal", options.terms_refusal);
  fields.read("external_account_required", options.external_account_required);
  fields.read_each("external_accounts",
                   [&options](const std::string& kid, const Json& json, const std::string& where) {
                     const auto key = decode_base64url_text(json.is_string() ? std::string(json)
                                                                             : std::string("?"));
                     if (!key) return where + " is to be a MAC key in base64url";
                     options.external_accounts[kid] = *key;
                     return std::string();
                   });
}

void read_validation(JsonFields& fields, Options& options) {
  fields.read("validation",
              parse_choice<Validation>(
                  options.validation,
                  {{"fetch", Validation::fetch}, {"always_valid", Validation::always_valid}}));
  fields.read("validation_seconds", options.validation_time);
  fields.read("challenge_types", [&options](const Json& json, const std::string& where) {
    return parse_challenge_types(options.challenge_types, json, where);
  });
  fields.read("issuer_domain_names", options.issuer_domain_names);
  fields.read("verdicts", [&options](const Json& json, const std::string& where) {
    options.verdicts.clear();
    for (const auto& [name, problem] : json.items()) {
      std::string mistake = parse_problem(options.verdicts[name], problem, where + "." + name);
      if (!mistake.empty()) return mistake;
    }
    return std::string();
  });
}

void read_orders(JsonFields& fields, Options& options) {
  fields.read("processing_seconds", options.processing_time);
  fields.read("reuses_authorizations", options.reuses_authorizations);
  fields.read("reuses_orders", options.reuses_orders);
  fields.read("subproblems",
              parse_choice<Subproblems>(options.subproblems,
                                        {{"always", Subproblems::always},
                                         {"as_boulder", Subproblems::as_boulder},
                                         {"never", Subproblems::never}}));
  fields.read("blocked_domains", options.blocked_domains);
  fields.read("allows_ip", options.allows_ip);
  fields.read("public_suffixes", options.public_suffixes);
  fields.read("order_retry_after_seconds", parse_seconds(options.order_retry_after));
  fields.read("authorization_retry_after_seconds",
              parse_seconds(options.authorization_retry_after));
  fields.read("limits", [&options](const Json& json, const std::string& where) {
    return parse_limits(options.limits, json, where);
  });
}

std::string parse_reply(Reply& reply, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  fields.read("status", reply.status);
  fields.read("body", reply.body);
  fields.read_each("headers",
                   [&reply](const std::string& name, const Json& value, const std::string& place) {
                     if (!value.is_string()) return place + " is to be a text";
                     reply.headers.push_back({name, value.get<std::string>()});
                     return std::string();
                   });
  return fields.mistake();
}

std::string parse_rule(FaultRule& rule, const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  std::string kind;
  fields.read("kind", kind);
  fields.read("endpoint", rule.endpoint);
  fields.read("first", rule.first);
  fields.read("count", rule.count);
  fields.read("probability", rule.probability);
  fields.read("reply", [&rule](const Json& reply, const std::string& place) {
    return parse_reply(rule.fault.reply, reply, place);
  });
  fields.read("problem", [&rule](const Json& problem, const std::string& place) {
    return parse_problem(rule.fault.problem, problem, place);
  });
  if (std::string mistake = fields.mistake(); !mistake.empty()) return mistake;
  const auto known = parse_fault_kind(kind);
  if (!known) return where + ".kind is no kind of fault: \"" + kind + "\"";
  rule.fault.kind = *known;
  if (rule.endpoint != "*" && !is_endpoint_name(rule.endpoint)) {
    return where + ".endpoint is unknown: \"" + rule.endpoint + "\"";
  }
  if (*known == FaultKind::problem && rule.fault.problem.type.empty()) {
    return where + ".problem is missing";
  }
  return {};
}

}  // namespace

base::Result<void, std::string> apply_options(Options& options, const Json& json) {
  Options changed = options;
  JsonFields fields(json, "");
  read_validation(fields, changed);
  read_orders(fields, changed);
  read_certificates(fields, changed);
  read_accounts(fields, changed);
  if (std::string mistake = fields.mistake(); !mistake.empty()) return base::Unexpected(mistake);
  if (!changed.default_profile.empty() && !changed.profiles.contains(changed.default_profile)) {
    return base::Unexpected(std::string("default_profile is none of profiles"));
  }
  options = std::move(changed);
  return {};
}

base::Result<std::vector<FaultRule>, std::string> parse_faults(const Json& json) {
  if (!json.is_array()) return base::Unexpected(std::string("faults is to be an array of rules"));
  std::vector<FaultRule> rules;
  for (const Json& entry : json) {
    FaultRule rule{.fault = {.kind = FaultKind::reply}};
    const std::string where = "faults[" + std::to_string(rules.size()) + "]";
    if (std::string mistake = parse_rule(rule, entry, where); !mistake.empty()) {
      return base::Unexpected(mistake);
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace fake_ca
