#include <utility>

#include "acme/account_request.h"
#include "acme/client_impl.h"
#include "acme/jws.h"
#include "acme/problem.h"

namespace acme {
namespace {

constexpr int max_bad_nonces = 5;
constexpr std::string_view jose_json = "application/jose+json";

/// Of a signed request.
RequestKind kind_of(const Target& target) {
  const Endpoint* endpoint = std::get_if<Endpoint>(&target);
  if (endpoint == nullptr) return RequestKind::other;
  switch (*endpoint) {
    case Endpoint::new_account: return RequestKind::new_account;
    case Endpoint::new_order: return RequestKind::new_order;
    case Endpoint::revoke_certificate: return RequestKind::revoke_certificate;
    case Endpoint::key_change:
    case Endpoint::account: return RequestKind::other;
  }
  return RequestKind::other;
}

}  // namespace

std::string Client::Impl::payload_of(const Call& call, const Url& url) const {
  switch (call.purpose) {
    case Purpose::post:
    case Purpose::post_with_key: return call.request.payload;
    case Purpose::find_account: return find_account_payload();
    case Purpose::change_key:
      return key_change_payload(*record_.account_url, key_, *call.next_key, url);
    case Purpose::register_account: {
      const auto contacts = call.without_contacts ? std::vector<std::string>() : options_.contacts;
      return registration_payload(options_, contacts, key_, directory_->new_account);
    }
    case Purpose::fetch_renewal_info:
    case Purpose::fetch_directory: break;  // not signed
  }
  return {};
}

void Client::Impl::send(CallId id, const Call& call, const Url& url, const Nonce& nonce) {
  const std::optional<Url> account_url = needs_account(call) ? record_.account_url : std::nullopt;
  const PrivateKey& key = call.own_key ? *call.own_key : key_;
  std::string body = sign_request(key, account_url, nonce, url, payload_of(call, url));
  http_.send({HttpMethod::post,
              url,
              std::string(jose_json),
              call.request.accept,
              std::move(body),
              {},
              kind_of(call.target)},
             [weak = weak_from_this(),
              sent = Sent{id, url, account_url}](base::Result<HttpResponse, Error> reply) {
               if (const auto self = weak.lock()) self->on_reply(sent, std::move(reply));
             });
}

void Client::Impl::on_reply(const Sent& sent, base::Result<HttpResponse, Error> reply) {
  if (is_closed_) return;
  if (!reply) return finish(sent.id, base::Unexpected(std::move(reply).error()));
  if (is_success(*reply)) return on_success(sent, std::move(reply).value());
  Error error = error_of(*reply, clock_.wall());
  Call* call = find(sent.id);
  if (call != nullptr && error.code == Errc::bad_nonce && call->bad_nonces < max_bad_nonces) {
    ++call->bad_nonces;
    call->nonce = parse_nonce(find_header(*reply, "replay-nonce"));
    // Without one, what is in the pool is older than the nonce that was just refused.
    return call->nonce ? advance(sent.id) : await_nonce(sent.id);
  }
  keep_nonce(*reply);
  serve_nonces();
  on_refusal(sent, std::move(error));
}

void Client::Impl::on_success(const Sent& sent, HttpResponse reply) {
  keep_nonce(reply);
  serve_nonces();
  const Call* call = find(sent.id);
  if (call == nullptr) return;
  if (call->purpose == Purpose::change_key) {
    use_key(*call->next_key);
  } else if (is_about_account(call->purpose)) {
    if (std::optional<Error> error = learn_account(reply, sent.url)) {
      return finish(sent.id, base::Unexpected(*std::move(error)));
    }
  }
  finish(sent.id, Response{sent.url, std::move(reply)});
}

void Client::Impl::on_refusal(const Sent& sent, Error error) {
  Call* call = find(sent.id);
  if (call == nullptr) return;
  if (is_curable(*call, sent, error)) return advance(sent.id);
  finish(sent.id, base::Unexpected(std::move(error)));
}

/// Whether the same call may go better now. Each cure is tried once.
bool Client::Impl::is_curable(Call& call, const Sent& sent, const Error& error) {
  const bool is_listed = std::holds_alternative<Endpoint>(call.target);
  if (is_listed && may_have_moved(error.http_status) && !call.moved) {
    call.moved = {sent.url, error};
    is_directory_doubted_ = true;
    no_refresh_before_ = {};
    return true;
  }
  if (error.code == Errc::account_does_not_exist) return recover_account(call, sent);
  const bool is_contact =
      error.code == Errc::invalid_contact || error.code == Errc::unsupported_contact;
  if (is_contact && call.purpose == Purpose::register_account && !call.without_contacts &&
      !options_.contacts.empty()) {
    call.without_contacts = true;
    return true;
  }
  return false;
}

}  // namespace acme
