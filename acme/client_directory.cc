#include <utility>

#include "acme/client_impl.h"
#include "acme/directory.h"
#include "acme/problem.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr hours directory_lifetime{24};
/// After a refresh has failed the old copy serves on.
constexpr minutes directory_retry{5};

HttpRequest get_request(const Url& url, RequestKind kind) {
  return {HttpMethod::get, url, {}, "application/json", {}, {}, kind};
}

/// Many authorities for internal use leave out what they do not implement.
bool is_listed(const Target& target, const Directory& directory) {
  const Endpoint* endpoint = std::get_if<Endpoint>(&target);
  if (endpoint == nullptr) return true;
  if (*endpoint == Endpoint::revoke_certificate) return directory.revoke_certificate.has_value();
  if (*endpoint == Endpoint::key_change) return directory.key_change.has_value();
  return true;
}

}  // namespace

bool Client::Impl::has_fresh_directory() const {
  if (!directory_) return false;
  if (clock_.monotonic() < no_refresh_before_) return true;
  const auto age = clock_.wall() - record_.directory_fetched_at;
  return !is_directory_doubted_ && age >= hours(0) && age < directory_lifetime;
}

void Client::Impl::await_directory(CallId id) {
  if (Call* call = find(id)) call->saw_fresh_directory = true;
  awaiting_directory_.push_back(id);
  if (awaiting_directory_.size() > 1) return;
  http_.send(get_request(options_.directory_url, RequestKind::directory),
             [weak = weak_from_this()](base::Result<HttpResponse, Error> reply) {
               if (const auto self = weak.lock()) self->on_directory(std::move(reply));
             });
}

/// Nothing was sent if it was known already, and no callback runs inside the caller's call.
void Client::Impl::await_end_of_directory(CallId id) {
  Call* call = find(id);
  if (!call->saw_fresh_directory) return await_directory(id);
  finish(id, Response{options_.directory_url, {}});
}

base::Result<Directory, Error> Client::Impl::directory_of(
    const base::Result<HttpResponse, Error>& reply) {
  if (!reply) return base::Unexpected(reply.error());
  if (!is_success(*reply)) return base::Unexpected(error_of(*reply, clock_.wall()));
  return parse_directory(reply->body, options_.directory_url);
}

void Client::Impl::on_directory(base::Result<HttpResponse, Error> reply) {
  if (is_closed_) return;
  const auto waiting = std::exchange(awaiting_directory_, {});
  base::Result<Directory, Error> directory = directory_of(reply);
  if (!directory && !directory_) {
    const std::string context = "directory " + options_.directory_url.text();
    return finish_all(waiting, with_context(context, directory.error()));
  }
  is_directory_doubted_ = false;
  if (directory) {
    directory_ = std::move(directory).value();
    record_.directory = std::move(reply).value().body;
    record_.directory_fetched_at = clock_.wall();
    listener_(record_);
  } else {
    no_refresh_before_ = clock_.monotonic() + directory_retry;
  }
  advance_all(waiting);
}

/// What our copy lacks the authority may have by now.
void Client::Impl::refresh_directory(CallId id) {
  is_directory_doubted_ = true;
  no_refresh_before_ = {};
  await_directory(id);
}

/// What the call asks for and the directory does not offer. REQUIRES: a directory.
std::optional<Error> Client::Impl::missing_in_directory(const Call& call) const {
  if (call.purpose == Purpose::fetch_renewal_info && !renewal_info_url(call)) {
    return Error{.code = Errc::no_renewal_info, .context = {}, .detail = {}};
  }
  if (!is_listed(call.target, *directory_)) {
    return bad_response(
        "the directory lacks a member that RFC 8555 demands: revokeCert, keyChange");
  }
  const std::string& profile = call.request.profile;
  const auto& offered = directory_->profiles;
  if (profile.empty() || offered.empty() || offered.contains(profile)) return std::nullopt;
  std::string names;
  for (const auto& [name, description] : offered) names += (names.empty() ? "" : ", ") + name;
  return Error{.code = Errc::invalid_profile,
               .origin = Origin::local,
               .context = {},
               .detail = printable("it has " + names + ", not " + profile)};
}

/// REQUIRES: has_fresh_directory(), the target is listed, and the account's URL is known if it is
/// the target.
Url Client::Impl::url_of(const Target& target) const {
  if (const Url* url = std::get_if<Url>(&target)) return *url;
  switch (std::get<Endpoint>(target)) {
    case Endpoint::new_account: return directory_->new_account;
    case Endpoint::new_order: return directory_->new_order;
    case Endpoint::revoke_certificate: return *directory_->revoke_certificate;
    case Endpoint::key_change: return *directory_->key_change;
    case Endpoint::account: return *record_.account_url;
  }
  return directory_->new_order;
}

/// The directory's URL may end in a slash. nullopt without one, or if it is too long for another
/// segment.
std::optional<Url> Client::Impl::renewal_info_url(const Call& call) const {
  if (!directory_->renewal_info) return std::nullopt;
  const std::string& base = directory_->renewal_info->text();
  return Url::parse(base + (base.ends_with('/') ? "" : "/") + call.certificate->value());
}

void Client::Impl::fetch_renewal_info(CallId id, const Url& url) {
  http_.send(get_request(url, RequestKind::renewal_info),
             [weak = weak_from_this(), id, url](base::Result<HttpResponse, Error> reply) {
               const auto self = weak.lock();
               if (self) self->on_renewal_info(id, url, std::move(reply));
             });
}

void Client::Impl::on_renewal_info(CallId id,
                                   const Url& url,
                                   base::Result<HttpResponse, Error> reply) {
  if (is_closed_) return;
  if (!reply) return finish(id, base::Unexpected(std::move(reply).error()));
  if (is_success(*reply)) return finish(id, Response{url, std::move(reply).value()});
  finish(id, base::Unexpected(error_of(*reply, clock_.wall())));
}

}  // namespace acme
