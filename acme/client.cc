#include "acme/client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "acme/account.h"
#include "acme/account_request.h"
#include "acme/directory.h"
#include "acme/jws.h"
#include "acme/nonce_pool.h"
#include "acme/problem.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr hours directory_lifetime{24};
/// After a refresh has failed the old copy serves on.
constexpr minutes directory_retry{5};
constexpr minutes nonce_lifetime{2};
/// Let's Encrypt allows 20 newNonce a second per IP, 10 in a burst; the rest of a storm lives on
/// the nonces of the replies.
constexpr int max_nonce_fetches = 8;
constexpr int max_bad_nonces = 5;
/// Let's Encrypt allows 10 new accounts per IP in three hours.
constexpr minutes between_registrations{30};

constexpr std::string_view jose_json = "application/jose+json";

bool is_success(int status) {
  return status >= 200 && status <= 299;
}

HttpRequest get_request(const Url& url, RequestKind kind) {
  return {HttpMethod::get, url, {}, "application/json", {}, {}, kind};
}

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

/// The URL of a listed resource may have changed.
bool may_have_moved(int status) {
  return status == 404 || status == 405;
}

}  // namespace

/// Requests under way, each a small machine: advance() takes a call as far as it can go without
/// waiting. A call waits in exactly one place: for the directory, the account, a nonce or a reply.
/// Ids, not pointers, stand in the queues: a call may be cancelled anywhere.
class Client::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(HttpClient& http,
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

  enum class Purpose {
    post,
    post_with_key,
    register_account,
    find_account,
    change_key,
    fetch_renewal_info,
    fetch_directory,
  };
  struct Call;

  CallId start(Call call) {
    const CallId id(++last_id_);
    calls_.emplace(id, std::move(call));
    advance(id);
    return id;
  }

  void cancel(CallId id) {
    const auto node = calls_.extract(id);  // dies after the map is whole again
  }

  void close() {
    is_closed_ = true;
    const auto calls = std::move(calls_);
    calls_.clear();
  }

  void listen_to_account(AccountListener listener) { account_listener_ = std::move(listener); }
  void look_before_registering() { looks_first_ = true; }

  void adopt_key(PrivateKey key) { use_key(std::move(key)); }

  void start_anew(PrivateKey key) {
    use_key(std::move(key));
    record_.account_url = std::nullopt;
    doubted_account_url_ = std::nullopt;
    registered_again_ = std::nullopt;
    looks_first_ = false;
  }

  const Thumbprint& thumbprint() const { return thumbprint_; }
  const AuthorityRecord& record() const { return record_; }
  const Directory* directory() const { return directory_ ? &*directory_ : nullptr; }

  struct Call {
    Purpose purpose;
    Target target;
    Callback done;
    Post request = {target, {}};              ///< of a post
    std::optional<CertId> certificate = {};   ///< whose renewal info is fetched
    std::optional<PrivateKey> next_key = {};  ///< that the account's is changed to
    std::optional<PrivateKey> own_key = {};   ///< that signs in place of the account's
    std::optional<Nonce> nonce = {};          ///< kept for this call: that of a refusal
    int bad_nonces = 0;
    bool without_contacts = false;
    bool account_recovered = false;
    bool saw_fresh_directory = false;  ///< fetched since the call began, or in vain
    /// The refusal of a listed URL, and that URL: final unless a fresh directory has another.
    struct Moved {
      Url url;
      Error error;
    };
    std::optional<Moved> moved = {};
  };

 private:
  /// What a request was sent with.
  struct Sent {
    CallId id;
    Url url;
    std::optional<Url> account_url;
  };

  Call* find(CallId id) {
    const auto found = calls_.find(id);
    return found == calls_.end() ? nullptr : &found->second;
  }

  /// Ends a call. `this` may be closed afterwards.
  void finish(CallId id, base::Result<Response, Error> result) {
    auto node = calls_.extract(id);
    if (node) node.mapped().done(std::move(result));
  }

  void finish_all(const std::vector<CallId>& ids, const Error& error) {
    for (const CallId id : ids) finish(id, base::Unexpected(error));
  }

  void advance_all(const std::vector<CallId>& ids) {
    for (const CallId id : ids) advance(id);
  }

  static bool is_about_account(Purpose purpose) {
    return purpose == Purpose::register_account || purpose == Purpose::find_account;
  }

  static bool needs_account(const Call& call) {
    return call.purpose == Purpose::post || call.purpose == Purpose::change_key;
  }

  void advance(CallId id) {
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

  // --- directory

  bool has_fresh_directory() const {
    if (!directory_) return false;
    if (clock_.monotonic() < no_refresh_before_) return true;
    const auto age = clock_.wall() - record_.directory_fetched_at;
    return !is_directory_doubted_ && age >= hours(0) && age < directory_lifetime;
  }

  void await_directory(CallId id) {
    if (Call* call = find(id)) call->saw_fresh_directory = true;
    awaiting_directory_.push_back(id);
    if (awaiting_directory_.size() > 1) return;
    http_.send(get_request(options_.directory_url, RequestKind::directory),
               [weak = weak_from_this()](base::Result<HttpResponse, Error> reply) {
                 if (const auto self = weak.lock()) self->on_directory(std::move(reply));
               });
  }

  /// Nothing was sent if it was known already, and no callback runs inside the caller's call.
  void await_end_of_directory(CallId id) {
    Call* call = find(id);
    if (!call->saw_fresh_directory) return await_directory(id);
    finish(id, Response{options_.directory_url, {}});
  }

  base::Result<Directory, Error> directory_of(const base::Result<HttpResponse, Error>& reply) {
    if (!reply) return base::Unexpected(reply.error());
    if (!is_success(reply->status)) return base::Unexpected(error_of(*reply, clock_.wall()));
    return parse_directory(reply->body, options_.directory_url);
  }

  void on_directory(base::Result<HttpResponse, Error> reply) {
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
  void refresh_directory(CallId id) {
    is_directory_doubted_ = true;
    no_refresh_before_ = {};
    await_directory(id);
  }

  /// What the call asks for and the directory does not offer. REQUIRES: a directory.
  std::optional<Error> missing_in_directory(const Call& call) const {
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

  /// Many authorities for internal use leave out what they do not implement.
  static bool is_listed(const Target& target, const Directory& directory) {
    const Endpoint* endpoint = std::get_if<Endpoint>(&target);
    if (endpoint == nullptr) return true;
    if (*endpoint == Endpoint::revoke_certificate) return directory.revoke_certificate.has_value();
    if (*endpoint == Endpoint::key_change) return directory.key_change.has_value();
    return true;
  }

  /// REQUIRES: has_fresh_directory(), the target is listed, and the account's URL is known if it is
  /// the target.
  Url url_of(const Target& target) const {
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

  // --- renewal info

  /// The directory's URL may end in a slash. nullopt without one, or if it is too long for another
  /// segment.
  std::optional<Url> renewal_info_url(const Call& call) const {
    if (!directory_->renewal_info) return std::nullopt;
    const std::string& base = directory_->renewal_info->text();
    return Url::parse(base + (base.ends_with('/') ? "" : "/") + call.certificate->value());
  }

  void fetch_renewal_info(CallId id, const Url& url) {
    http_.send(get_request(url, RequestKind::renewal_info),
               [weak = weak_from_this(), id, url](base::Result<HttpResponse, Error> reply) {
                 const auto self = weak.lock();
                 if (self) self->on_renewal_info(id, url, std::move(reply));
               });
  }

  void on_renewal_info(CallId id, const Url& url, base::Result<HttpResponse, Error> reply) {
    if (is_closed_) return;
    if (!reply) return finish(id, base::Unexpected(std::move(reply).error()));
    if (is_success(reply->status)) return finish(id, Response{url, std::move(reply).value()});
    finish(id, base::Unexpected(error_of(*reply, clock_.wall())));
  }

  // --- account

  void await_account(CallId id) {
    awaiting_account_.push_back(id);
    if (awaiting_account_.size() > 1) return;
    looks_first_ ? look_for_account() : register_for_waiting();
  }

  void look_for_account() {
    start({Purpose::find_account,
           Endpoint::new_account,
           [this](const base::Result<Response, Error>& result) {
             const bool is_absent = !result && result.error().code == Errc::account_does_not_exist;
             if (!is_absent || !may_register()) return end_of_account(result);
             if (doubted_account_url_) {
               registered_again_ = clock_.monotonic();
               tell(AccountNews::lost, *std::exchange(doubted_account_url_, std::nullopt));
             }
             register_for_waiting();
           }});
  }

  void register_for_waiting() {
    start({Purpose::register_account,
           Endpoint::new_account,
           [this](const base::Result<Response, Error>& result) { end_of_account(result); }});
  }

  void end_of_account(const base::Result<Response, Error>& result) {
    const auto waiting = std::exchange(awaiting_account_, {});
    if (!result) return finish_all(waiting, with_context("account", result.error()));
    advance_all(waiting);
  }

  void tell(AccountNews news, const Url& url) {
    if (account_listener_) account_listener_(news, url);
  }

  std::string payload_of(const Call& call, const Url& url) const {
    switch (call.purpose) {
      case Purpose::post:
      case Purpose::post_with_key: return call.request.payload;
      case Purpose::find_account: return find_account_payload();
      case Purpose::change_key:
        return key_change_payload(*record_.account_url, key_, *call.next_key, url);
      case Purpose::register_account: {
        const auto contacts =
            call.without_contacts ? std::vector<std::string>() : options_.contacts;
        return registration_payload(options_, contacts, key_, directory_->new_account);
      }
      case Purpose::fetch_renewal_info:
      case Purpose::fetch_directory: break;  // not signed
    }
    return {};
  }

  /// The account's URL becomes known. An Error if the reply names none, or no living one.
  std::optional<Error> learn_account(const HttpResponse& reply, const Url& request_url) {
    const std::string_view location = find_header(reply, "location");
    const auto url = location.empty() ? std::nullopt : resolve_url(request_url, location);
    if (!url) return bad_response("the account's reply has no usable Location");
    const base::Result<Account, Error> account = parse_account(reply.body);
    if (account && account->status != AccountStatus::valid) {
      const bool is_ours = account->status == AccountStatus::deactivated;
      return Error{.code = Errc::unauthorized,
                   .context = {},
                   .detail = is_ours ? "the account is deactivated" : "the account is revoked"};
    }
    doubted_account_url_ = std::nullopt;
    looks_first_ = true;
    if (record_.account_url == url) return std::nullopt;
    record_.account_url = url;
    listener_(record_);
    tell(reply.status == 201 ? AccountNews::registered : AccountNews::found, *url);
    return std::nullopt;
  }

  /// An authority that has forgotten our account is not asked for a new one again and again.
  bool may_register() const {
    if (!doubted_account_url_ || !registered_again_) return true;
    return clock_.monotonic() - *registered_again_ >= between_registrations;
  }

  /// The reply was accountDoesNotExist. Several requests may hear so at once: the first one doubts
  /// the account, the others find it doubted or already replaced.
  bool recover_account(Call& call, const Sent& sent) {
    if (call.purpose != Purpose::post || call.account_recovered) return false;
    if (record_.account_url == sent.account_url) {
      doubted_account_url_ = std::exchange(record_.account_url, std::nullopt);
      looks_first_ = true;
    }
    call.account_recovered = true;
    return true;
  }

  void use_key(PrivateKey key) {
    key_ = std::move(key);
    thumbprint_ = key_.thumbprint();
  }

  // --- nonces

  void await_nonce(CallId id) {
    awaiting_nonce_.push_back(id);
    fetch_nonces();
  }

  /// As many fetches under way as calls wait, within bounds.
  void fetch_nonces() {
    std::erase_if(awaiting_nonce_, [this](CallId id) { return find(id) == nullptr; });
    while (nonce_fetches_ < max_nonce_fetches &&
           nonce_fetches_ < static_cast<int>(awaiting_nonce_.size())) {
      ++nonce_fetches_;
      const Url url = directory_->new_nonce;
      http_.send({HttpMethod::head, url, {}, {}, {}, {}, RequestKind::new_nonce},
                 [weak = weak_from_this()](base::Result<HttpResponse, Error> reply) {
                   if (const auto self = weak.lock()) self->on_nonce(std::move(reply));
                 });
    }
  }

  void on_nonce(base::Result<HttpResponse, Error> reply) {
    if (is_closed_) return;
    --nonce_fetches_;
    const bool is_good = reply && is_success(reply->status) && keep_nonce(*reply);
    if (is_good) return serve_nonces();
    if (nonce_fetches_ > 0) return;  // the others may do better
    if (reply && may_have_moved(reply->status)) is_directory_doubted_ = true;
    const auto waiting = std::exchange(awaiting_nonce_, {});
    finish_all({waiting.begin(), waiting.end()}, with_context("new nonce", nonce_error(reply)));
  }

  Error nonce_error(const base::Result<HttpResponse, Error>& reply) const {
    if (!reply) return reply.error();
    if (!is_success(reply->status)) return error_of(*reply, clock_.wall());
    return bad_response("no Replay-Nonce in the reply");
  }

  bool keep_nonce(const HttpResponse& reply) {
    std::optional<Nonce> nonce = parse_nonce(find_header(reply, "replay-nonce"));
    if (!nonce) return false;
    nonces_.put(*std::move(nonce));
    return true;
  }

  /// Hands the nonces we have to those who wait, first come, first served.
  void serve_nonces() {
    while (!awaiting_nonce_.empty()) {
      const CallId id = awaiting_nonce_.front();
      Call* call = find(id);
      if (call != nullptr) {
        call->nonce = nonces_.take();
        if (!call->nonce) return fetch_nonces();
      }
      awaiting_nonce_.pop_front();
      advance(id);
    }
  }

  // --- the request itself

  void send(CallId id, const Call& call, const Url& url, const Nonce& nonce) {
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

  void on_reply(const Sent& sent, base::Result<HttpResponse, Error> reply) {
    if (is_closed_) return;
    if (!reply) return finish(sent.id, base::Unexpected(std::move(reply).error()));
    if (is_success(reply->status)) return on_success(sent, std::move(reply).value());
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

  void on_success(const Sent& sent, HttpResponse reply) {
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

  void on_refusal(const Sent& sent, Error error) {
    Call* call = find(sent.id);
    if (call == nullptr) return;
    if (is_curable(*call, sent, error)) return advance(sent.id);
    finish(sent.id, base::Unexpected(std::move(error)));
  }

  /// Whether the same call may go better now. Each cure is tried once.
  bool is_curable(Call& call, const Sent& sent, const Error& error) {
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

  HttpClient& http_;
  const base::Clock& clock_;
  PrivateKey key_;
  Thumbprint thumbprint_;
  const AuthorityOptions options_;
  AuthorityRecord record_;
  const RecordListener listener_;

  std::uint64_t last_id_ = 0;
  std::map<CallId, Call> calls_;
  bool is_closed_ = false;

  std::optional<Directory> directory_;
  bool is_directory_doubted_ = false;  // a URL in it was refused
  base::MonotonicTime no_refresh_before_{};
  std::vector<CallId> awaiting_directory_;  // not empty: a fetch is under way

  std::vector<CallId> awaiting_account_;  // not empty: a registration is under way
  AccountListener account_listener_;
  bool looks_first_ = false;                // the key may have an account
  std::optional<Url> doubted_account_url_;  // of which the authority says that there is none
  std::optional<base::MonotonicTime> registered_again_;

  NoncePool nonces_;
  int nonce_fetches_ = 0;  // under way
  std::deque<CallId> awaiting_nonce_;
};

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
