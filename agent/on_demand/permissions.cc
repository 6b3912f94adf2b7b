#include "agent/on_demand/permissions.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "agent/challenge/challenge_policy.h"
#include "agent/platform/ownership.h"
#include "base/await_callback.h"

namespace agent {
namespace {

using Reply = base::Result<acme::HttpResponse, acme::Error>;

Permit permit_of(int status) {
  constexpr int request_timeout = 408;
  constexpr int too_many_requests = 429;
  if (status == 200) return Permit::yes;
  if (status == request_timeout || status == too_many_requests) return Permit::later;
  const bool is_no = (status > 200 && status < 300) || (status >= 400 && status < 500);
  return is_no ? Permit::no : Permit::later;
}

/// Whether any zone has it.
StoreResult<bool> has_owner(Store& store, const base::DomainName& name) {
  std::optional<StoreError> error;
  const FindZone find = [&](const base::DomainName& candidate) -> std::optional<Zone> {
    auto zone = store.zone(candidate);
    if (zone) return *std::move(zone);
    error = std::move(zone.error());
    return std::nullopt;
  };
  const bool has = owning_zone(name, find).has_value();
  if (error) return base::Unexpected(*std::move(error));
  return has;
}

}  // namespace

base::asio::awaitable<Permit> AskedPermission::ask(base::DomainName name) {
  // A name has no character that a query must not have.
  const auto url = acme::Url::parse(url_.text() + "?domain=" + name.text());
  if (!url) co_return Permit::no;  // longer than any URL
  acme::HttpRequest request{
      .method = acme::HttpMethod::get, .url = *url, .content_type = {}, .accept = {}, .body = {}};
  auto start = [this, &request](std::function<void(Reply)> deliver) {
    client_.send(std::move(request), std::move(deliver));
  };
  const Reply reply = co_await base::await_callback<Reply>(std::move(start));
  if (!reply) {
    note_trouble(reply.error().detail);
    co_return Permit::later;
  }
  const Permit permit = permit_of(reply->status);
  if (permit == Permit::later) {
    note_trouble("status " + std::to_string(reply->status));
  } else if (is_in_trouble_) {
    is_in_trouble_ = false;
    log_.info("on-demand permission answers again", {{"url", url_.text()}});
  }
  co_return permit;
}

void AskedPermission::note_trouble(const std::string& detail) {
  if (is_in_trouble_) return;
  is_in_trouble_ = true;
  log_.warn("on-demand permission does not answer", {{"url", url_.text()}, {"error", detail}});
}

base::asio::awaitable<Permit> ZonePermission::ask(base::DomainName name) {
  auto look = [&name](Store& store) { return has_owner(store, name); };
  const StoreResult<bool> owned = co_await database_.run(std::move(look));
  if (!owned) {
    log_.error("zones not read", {{"error", owned.error().detail}});
    co_return Permit::later;
  }
  co_return *owned ? Permit::yes : Permit::no;
}

base::asio::awaitable<Permit> ListedPermission::ask(base::DomainName name) {
  const bool is_listed = std::any_of(
      patterns_.begin(), patterns_.end(), [&](const auto& one) { return covers(one, name); });
  co_return is_listed ? Permit::yes : Permit::no;
}

}  // namespace agent
