#include "acme/client.h"

#include <utility>

#include "acme/client_impl.h"

namespace acme {
namespace {

constexpr std::chrono::minutes nonce_lifetime{2};

}  // namespace

Client::Impl::Impl(HttpClient& http,
                   const base::Clock& clock,
                   PrivateKey key,
                   AuthorityOptions options,
                   AuthorityRecord record,
                   RecordListener listener)
    : http_(http),
      clock_(clock),
      key_(std::move(key)),
      thumbprint_(key_.thumbprint()),
      options_(std::move(options)),
      record_(std::move(record)),
      listener_(listener ? std::move(listener) : [](const AuthorityRecord&) {}),
      nonces_(clock, nonce_lifetime) {
  auto stored = parse_directory(record_.directory, options_.directory_url);
  if (stored) directory_ = std::move(stored).value();
}

Client::CallId Client::Impl::start(Call call) {
  const CallId id(++last_id_);
  calls_.emplace(id, std::move(call));
  advance(id);
  return id;
}

void Client::Impl::cancel(CallId id) {
  const auto node = calls_.extract(id);  // dies after the map is whole again
}

void Client::Impl::close() {
  is_closed_ = true;
  const auto calls = std::move(calls_);
  calls_.clear();
}

Client::Impl::Call* Client::Impl::find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

/// Ends a call. `this` may be closed afterwards.
void Client::Impl::finish(CallId id, base::Result<Response, Error> result) {
  auto node = calls_.extract(id);
  if (node) node.mapped().done(std::move(result));
}

void Client::Impl::finish_all(const std::vector<CallId>& ids, const Error& error) {
  for (const CallId id : ids) finish(id, base::Unexpected(error));
}

void Client::Impl::advance_all(const std::vector<CallId>& ids) {
  for (const CallId id : ids) advance(id);
}

bool Client::Impl::is_about_account(Purpose purpose) {
  return purpose == Purpose::register_account || purpose == Purpose::find_account;
}

bool Client::Impl::needs_account(const Call& call) {
  return call.purpose == Purpose::post || call.purpose == Purpose::change_key;
}

void Client::Impl::advance(CallId id) {
  Call* call = find(id);
  if (call == nullptr) return;
  if (!has_fresh_directory()) return await_directory(id);
  if (call->purpose == Purpose::fetch_directory) return await_end_of_directory(id);
  if (std::optional<Error> missing = missing_in_directory(*call)) {
    if (!call->saw_fresh_directory) return refresh_directory(id);
    return finish(id, base::Unexpected(*std::move(missing)));
  }
  if (call->purpose == Purpose::fetch_renewal_info) {
    return fetch_renewal_info(id, *renewal_info_url(*call));
  }
  if (needs_account(*call) && !record_.account_url) return await_account(id);
  const Url url = url_of(call->target);
  if (call->moved && call->moved->url == url) {
    return finish(id, base::Unexpected(call->moved->error));
  }
  std::optional<Nonce> nonce = std::exchange(call->nonce, std::nullopt);
  if (!nonce) nonce = nonces_.take();
  if (!nonce) return await_nonce(id);
  send(id, *call, url, *nonce);
}

// ---- what callers see

Client::Client(HttpClient& http,
               const base::Clock& clock,
               PrivateKey account_key,
               AuthorityOptions options,
               AuthorityRecord record,
               RecordListener listener)
    : impl_(std::make_shared<Impl>(http,
                                   clock,
                                   std::move(account_key),
                                   std::move(options),
                                   std::move(record),
                                   std::move(listener))) {}

Client::~Client() {
  impl_->close();
}

Client::CallId Client::post(Post request, Callback done) {
  Target target = request.target;
  return impl_->start({.purpose = Impl::Purpose::post,
                       .target = std::move(target),
                       .done = std::move(done),
                       .request = std::move(request)});
}

void Client::listen_to_account(AccountListener listener) {
  impl_->listen_to_account(std::move(listener));
}

void Client::look_before_registering() {
  impl_->look_before_registering();
}

Client::CallId Client::post_with_key(PrivateKey key, Post request, Callback done) {
  Target target = request.target;
  return impl_->start({.purpose = Impl::Purpose::post_with_key,
                       .target = std::move(target),
                       .done = std::move(done),
                       .request = std::move(request),
                       .own_key = std::move(key)});
}

void Client::adopt_key(PrivateKey key) {
  impl_->adopt_key(std::move(key));
}

void Client::start_anew(PrivateKey key) {
  impl_->start_anew(std::move(key));
}

Client::CallId Client::fetch_renewal_info(const CertId& certificate, Callback done) {
  return impl_->start({.purpose = Impl::Purpose::fetch_renewal_info,
                       .target = Endpoint::new_order,
                       .done = std::move(done),
                       .certificate = certificate});
}

Client::CallId Client::register_account(Callback done) {
  return impl_->start({Impl::Purpose::register_account, Endpoint::new_account, std::move(done)});
}

Client::CallId Client::find_account(Callback done) {
  return impl_->start({Impl::Purpose::find_account, Endpoint::new_account, std::move(done)});
}

Client::CallId Client::change_key(PrivateKey next, Callback done) {
  return impl_->start({.purpose = Impl::Purpose::change_key,
                       .target = Endpoint::key_change,
                       .done = std::move(done),
                       .next_key = std::move(next)});
}

Client::CallId Client::fetch_directory(Callback done) {
  return impl_->start({Impl::Purpose::fetch_directory, Endpoint::new_order, std::move(done)});
}

void Client::cancel(CallId id) {
  impl_->cancel(id);
}

const Thumbprint& Client::thumbprint() const {
  return impl_->thumbprint();
}

const AuthorityRecord& Client::record() const {
  return impl_->record();
}

const Directory* Client::directory() const {
  return impl_->directory();
}

}  // namespace acme
