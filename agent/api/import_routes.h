#pragma once

#include <string>

#include "agent/api/api_message.h"
#include "agent/api/change_listener.h"
#include "agent/api/router.h"
#include "agent/api/store_access.h"
#include "agent/platform/platform_rules.h"
#include "base/clock.h"

namespace agent {

/// `POST /v1/hostnames/import`: many hostnames in one request, as NDJSON (one JSON object a line).
///
///   {"name": text, "mode"?: automatic|wildcard|custom|off, "https_redirect"?: bool,
///    "challenge_path"?: answered|left_alone}
///   -> 200, NDJSON, a line for each line in the same order, then a summary:
///      {"line": 1, "name": text, "outcome": added|updated|unchanged}
///      {"line": 2, "error": text, "rule": text, "field": text}
///      {"added": n, "updated": n, "unchanged": n, "refused": n}
///
/// A line is carried out or refused by itself; blank lines are skipped. At most max_lines of them.
/// If the database fails, the lines from there on have its error and the rule `store`.
class ImportRoutes {
 public:
  static constexpr std::size_t max_lines = 200'000;

  ImportRoutes(StoreAccess& store,
               const base::Clock& clock,
               ChangeListener& listener,
               const PlatformRules& rules)
      : store_(store), clock_(clock), listener_(listener), rules_(rules) {}

  void add_to(Router& router);

 private:
  base::asio::awaitable<ApiResponse> import(const ApiRequest& request);

  StoreAccess& store_;
  const base::Clock& clock_;
  ChangeListener& listener_;
  const PlatformRules& rules_;
};

}  // namespace agent
