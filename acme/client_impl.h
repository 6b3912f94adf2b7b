#pragma once

// Inside acme/client*.cc only: the client at work.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme/client.h"
#include "acme/nonce_pool.h"

namespace acme {

/// Requests under way, each a small machine: advance() takes a call as far as it can go without
/// waiting. A call waits in exactly one place: for the directory, the account, a nonce or a reply.
/// Ids, not pointers, stand in the queues: a call may be cancelled anywhere.
///
/// Its parts are in client.cc, client_directory.cc, client_account.cc, client_nonces.cc and
/// client_request.cc.
class Client::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(HttpClient& http,
       const base::Clock& clock,
       PrivateKey key,
       AuthorityOptions options,
       AuthorityRecord record,
       RecordListener listener);

  enum class Purpose {
    post,
    post_with_key,
    register_account,
    find_account,
    change_key,
    fetch_renewal_info,
    fetch_directory,
  };

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

  CallId start(Call call);
  void cancel(CallId id);
  void close();

  void listen_to_account(AccountListener listener) { account_listener_ = std::move(listener); }
  void look_before_registering() { looks_first_ = true; }
  void adopt_key(PrivateKey key) { use_key(std::move(key)); }
  void start_anew(PrivateKey key);

  const Thumbprint& thumbprint() const { return thumbprint_; }
  const AuthorityRecord& record() const { return record_; }
  const Directory* directory() const { return directory_ ? &*directory_ : nullptr; }

 private:
  /// What a request was sent with.
  struct Sent {
    CallId id;
    Url url;
    std::optional<Url> account_url;
  };

  Call* find(CallId id);
  void finish(CallId id, base::Result<Response, Error> result);
  void finish_all(const std::vector<CallId>& ids, const Error& error);
  void advance_all(const std::vector<CallId>& ids);
  static bool is_about_account(Purpose purpose);
  static bool needs_account(const Call& call);
  void advance(CallId id);

  // --- directory
  bool has_fresh_directory() const;
  void await_directory(CallId id);
  void await_end_of_directory(CallId id);
  base::Result<Directory, Error> directory_of(const base::Result<HttpResponse, Error>& reply);
  void on_directory(base::Result<HttpResponse, Error> reply);
  void refresh_directory(CallId id);
  std::optional<Error> missing_in_directory(const Call& call) const;
  Url url_of(const Target& target) const;

  // --- renewal info
  std::optional<Url> renewal_info_url(const Call& call) const;
  void fetch_renewal_info(CallId id, const Url& url);
  void on_renewal_info(CallId id, const Url& url, base::Result<HttpResponse, Error> reply);

  // --- account
  void await_account(CallId id);
  void look_for_account();
  void register_for_waiting();
  void end_of_account(const base::Result<Response, Error>& result);
  void tell(AccountNews news, const Url& url);
  std::optional<Error> learn_account(const HttpResponse& reply, const Url& request_url);
  bool may_register() const;
  bool recover_account(Call& call, const Sent& sent);
  void use_key(PrivateKey key);

  // --- nonces
  void await_nonce(CallId id);
  void fetch_nonces();
  void on_nonce(base::Result<HttpResponse, Error> reply);
  Error nonce_error(const base::Result<HttpResponse, Error>& reply) const;
  bool keep_nonce(const HttpResponse& reply);
  void serve_nonces();

  // --- the request itself
  /// The URL of a listed resource may have changed.
  static bool may_have_moved(int status) { return status == 404 || status == 405; }
  std::string payload_of(const Call& call, const Url& url) const;
  void send(CallId id, const Call& call, const Url& url, const Nonce& nonce);
  void on_reply(const Sent& sent, base::Result<HttpResponse, Error> reply);
  void on_success(const Sent& sent, HttpResponse reply);
  void on_refusal(const Sent& sent, Error error);
  bool is_curable(Call& call, const Sent& sent, const Error& error);

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

}  // namespace acme
