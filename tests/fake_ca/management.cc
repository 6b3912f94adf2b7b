#include "tests/fake_ca/management.h"

#include <algorithm>

#include "tests/fake_ca/endpoints.h"
#include "tests/fake_ca/json_fields.h"
#include "tests/fake_ca/options_json.h"
#include "tests/fake_ca/time_text.h"

namespace fake_ca {
namespace {

Reply mistake(int status, const std::string& sentence) {
  return json_reply(status, {{"mistake", sentence}});
}

Reply done() {
  return json_reply(200, Json::object());
}

Json statistics_json(const State& state, const FaultPlan& faults) {
  const Statistics& counts = state.statistics;
  return {{"requests", counts.requests},
          {"refusals", counts.refusals},
          {"validations", counts.validations},
          {"failed_validations", counts.failed_validations},
          {"repeated_responses", counts.repeated_responses},
          {"accounts", state.accounts.size()},
          {"orders", counts.orders},
          {"reused_orders", counts.reused_orders},
          {"finalized", counts.finalized},
          {"issued", counts.issued},
          {"exempt_orders", counts.exempt_orders},
          {"faults", faults.struck()}};
}

Json certificate_json(const Certificate& certificate, base::WallTime now) {
  const Certificate::Window window = window_of(certificate, now);
  Json json = {{"serial", certificate.leaf.serial},
               {"cert_id", certificate.leaf.cert_id},
               {"account", certificate.account.value()},
               {"names", Json::array()},
               {"issued", rfc3339(certificate.issued)},
               {"not_before", rfc3339(certificate.not_before)},
               {"not_after", rfc3339(certificate.not_after)},
               {"replaced", certificate.replaced_by.has_value()},
               {"window", {{"start", rfc3339(window.start)}, {"end", rfc3339(window.end)}}}};
  for (const Identifier& identifier : certificate.identifiers) {
    json["names"].push_back(identifier.value);
  }
  if (certificate.revoked) json["revoked"] = {{"reason", certificate.revoked->reason}};
  return json;
}

Reply certificates(const State& state) {
  Json list = Json::array();
  for (const auto& [number, certificate] : state.certificates) {
    list.push_back(certificate_json(certificate, state.now()));
  }
  return json_reply(200, list);
}

/// `/roots/1` → 1; nullopt if there is no such chain.
std::optional<std::size_t> chain_of(const State& state, std::string_view number) {
  const bool is_digit = number.size() == 1 && number[0] >= '0' && number[0] <= '9';
  const std::size_t chain = is_digit ? static_cast<std::size_t>(number[0] - '0') : 10;
  if (chain >= state.signer.chains()) return std::nullopt;
  return chain;
}

Reply chain_reply(const State& state, std::string_view path) {
  const bool is_root = path.starts_with("/roots/");
  const auto chain = chain_of(state, path.substr(path.rfind('/') + 1));
  if (!chain) return mistake(404, "there is no such chain");
  return {200,
          {{"Content-Type", "application/x-pem-file"}},
          is_root ? state.signer.root_pem(*chain) : state.signer.intermediate_pem(*chain)};
}

Reply set_options(State& state, const Json& body) {
  const auto applied = apply_options(state.options, body);
  return applied ? done() : mistake(400, applied.error());
}

Reply set_faults(FaultPlan& faults, const Json& body) {
  auto rules = parse_faults(body);
  if (!rules) return mistake(400, rules.error());
  faults.set(std::move(rules).value());
  return done();
}

struct WindowWish {
  std::string cert_id, serial, name, explanation_url;
  std::optional<std::chrono::milliseconds> start, end;

  bool is_about(const Certificate& certificate) const {
    const auto has_name = [this](const Identifier& identifier) { return identifier.value == name; };
    if (!cert_id.empty()) return certificate.leaf.cert_id == cert_id;
    if (!serial.empty()) return certificate.leaf.serial == serial;
    return name.empty() ||
           std::any_of(certificate.identifiers.begin(), certificate.identifiers.end(), has_name);
  }
};

JsonFields::Parse parse_offset(std::optional<std::chrono::milliseconds>& target) {
  return [&target](const Json& json, const std::string& where) {
    if (!json.is_number()) return where + " is to be a number";
    target = std::chrono::round<std::chrono::milliseconds>(
        std::chrono::duration<double>(json.get<double>()));
    return std::string();
  };
}

Reply set_window(State& state, const Json& body) {
  WindowWish wish;
  JsonFields fields(body, "");
  fields.read("cert_id", wish.cert_id);
  fields.read("serial", wish.serial);
  fields.read("name", wish.name);
  fields.read("explanation_url", wish.explanation_url);
  fields.read("start_in_seconds", parse_offset(wish.start));
  fields.read("end_in_seconds", parse_offset(wish.end));
  if (const std::string why = fields.mistake(); !why.empty()) return mistake(400, why);
  if (wish.start.has_value() != wish.end.has_value()) {
    return mistake(400, "start_in_seconds and end_in_seconds go together");
  }
  int changed = 0;
  for (auto& [number, certificate] : state.certificates) {
    if (!wish.is_about(certificate)) continue;
    certificate.window.reset();
    if (wish.start) {
      certificate.window = Certificate::Window{
          state.now() + *wish.start, state.now() + *wish.end, wish.explanation_url};
    }
    ++changed;
  }
  return json_reply(200, {{"changed", changed}});
}

Reply advance(const std::function<void(std::chrono::milliseconds)>& advance_clock,
              const Json& body) {
  std::optional<std::chrono::milliseconds> by;
  JsonFields fields(body, "");
  fields.read("advance_seconds", parse_offset(by));
  if (const std::string why = fields.mistake(); !why.empty()) return mistake(400, why);
  if (by) advance_clock(*by);
  return done();
}

Reply forget(State& state, const Json& body) {
  std::string what;
  JsonFields fields(body, "");
  fields.read("what", what);
  if (const std::string why = fields.mistake(); !why.empty()) return mistake(400, why);
  if (what == "accounts") {
    state.forget_accounts();
  } else if (what == "orders") {
    state.forget_orders();
  } else if (what == "nonces") {
    state.nonces.forget();
  } else if (what == "limits") {
    state.limits.forget();
  } else {
    return mistake(400, "what is to be accounts, orders, nonces or limits");
  }
  return done();
}

}  // namespace

Reply manage(Ca& ca,
             FaultPlan& faults,
             const std::function<void(std::chrono::milliseconds)>& advance_clock,
             const Request& request) {
  State& state = ca.state();
  state.advance();
  const std::string& path = request.path;
  if (request.method == Method::get) {
    if (path == "/statistics") return json_reply(200, statistics_json(state, faults));
    if (path == "/certificates") return certificates(state);
    if (path.starts_with("/roots/") || path.starts_with("/intermediates/")) {
      return chain_reply(state, path);
    }
    return mistake(404, "there is nothing to GET at " + path);
  }
  const Json body = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
  if (body.is_discarded()) return mistake(400, "the body is no JSON");
  if (path == "/options") return set_options(state, body);
  if (path == "/faults") return set_faults(faults, body);
  if (path == "/renewal-window") return set_window(state, body);
  if (path == "/clock") return advance(advance_clock, body);
  if (path == "/forget") return forget(state, body);
  if (path == "/deactivate-accounts") {
    for (auto& [id, account] : state.accounts) account.is_deactivated = true;
    return done();
  }
  if (path == "/unpause") {
    for (const auto& [id, account] : state.accounts) state.limits.unpause(id);
    return done();
  }
  return mistake(404, "there is nothing to POST at " + path);
}

}  // namespace fake_ca
