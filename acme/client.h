#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/authority.h"
#include "acme/directory.h"
#include "acme/error.h"
#include "acme/http_client.h"
#include "acme/private_key.h"
#include "acme/request.h"
#include "acme/types.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"

namespace acme {

/// One account at one authority: directory, nonces, signatures, registration (RFC 8555 §6, §7.1 to
/// §7.3), renewal info (RFC 9773). Carries any number of requests at once; those that need the same
/// directory, account or nonce share its fetch. Not thread-safe: everything happens on the control
/// thread.
///
/// It heals by itself what costs nothing: badNonce (signs again with the nonce of the refusal, up
/// to five times), a directory that moved (404 or 405 from a listed URL), an account the authority
/// says it does not have (asks for it by its key, and only if there is none registers the same key
/// again, at most once in 30 minutes), a refused contact (registers without).
///
/// Cancellation: the destructor and cancel() destroy callbacks without calling them. A caller that
/// can die before its callback runs cancels in its destructor. A callback may call post() and
/// cancel(), and may destroy the Client. No callback runs inside post() or any other member.
class Client {
 public:
  using CallId = base::Strong<struct CallIdTag, std::uint64_t>;
  using Callback = std::function<void(base::Result<Response, Error>)>;
  /// The record has changed: store it. Called on the control thread, before any request that relies
  /// on the change. It must not destroy the Client. May be empty.
  using RecordListener = std::function<void(const AuthorityRecord&)>;
  enum class AccountNews {
    registered,  ///< there was none of our key; its URL is that of the new one
    found,       ///< by its key (RFC 8555 §7.3.1)
    lost,        ///< the authority has no account of our key any more; it is registered again now
  };
  /// The account's URL; what it was, if it is lost. On the control thread; as for RecordListener.
  using AccountListener = std::function<void(AccountNews news, const Url& account_url)>;

  /// REQUIRES: `account_key` is stored already (RFC 8555 knows no way to an account whose key is
  /// lost); http and clock outlive the Client.
  Client(HttpClient& http,
         const base::Clock& clock,
         PrivateKey account_key,
         AuthorityOptions options,
         AuthorityRecord record,
         RecordListener listener);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void listen_to_account(AccountListener listener);
  /// The key may have an account already, though its URL is not known (a restored backup, a crash):
  /// it is looked for before one is made.
  void look_before_registering();

  /// Signs with the account's key and posts. A 2xx reply is a Response, everything else an Error:
  /// the authority's problem document (Origin::request), or the transport's. Errors of fetching the
  /// directory, a nonce or the account on the way have a context that says so. A profile that is
  /// not among those the directory lists, if it lists any, is not sent: invalid_profile with
  /// Origin::local, and the offered ones in `detail`.
  CallId post(Post request, Callback done);

  /// The same signed with `key` alone, no account (RFC 8555 §7.6: a certificate's own key revokes
  /// it).
  CallId post_with_key(PrivateKey key, Post request, Callback done);

  /// Asks what the authority advises on a certificate's renewal, unsigned (RFC 9773 §4.1); the
  /// Response's body is for parse_renewal_info(). no_renewal_info if the directory has none.
  CallId fetch_renewal_info(const CertId& certificate, Callback done);

  /// Finds the account of our key, or creates it (RFC 8555 §7.3); asks the authority even if
  /// record() has an account URL. post() does this by itself when there is none. The Response's
  /// body is the account object.
  CallId register_account(Callback done);

  /// Looks for the account of our key without ever creating one: account_does_not_exist (RFC 8555
  /// §7.3.1). Its URL becomes known.
  CallId find_account(Callback done);

  /// Makes `next` the key of the account (RFC 8555 §7.3.5); every later request is signed by it.
  /// After an Error either key may be the account's: find_account() of a Client of each tells.
  /// `conflict`: the key is an account's already. REQUIRES: `next` is stored already, and no
  /// other request is under way: it might arrive with the old key after the change.
  CallId change_key(PrivateKey next, Callback done);

  /// The account has this key: what change_key() would have told, had its reply not been lost.
  /// REQUIRES: no other request is under way.
  void adopt_key(PrivateKey key);

  /// Leaves the account for another one, of `key`, that the next request registers. REQUIRES: `key`
  /// is stored already, and no other request is under way.
  void start_anew(PrivateKey key);

  /// Fetches the directory anew; directory() has it then, or the last good one if that fails. The
  /// Response is without a body.
  CallId fetch_directory(Callback done);

  /// Forgets the callback; the request may still be carried out. No effect once it has run.
  void cancel(CallId id);

  const Thumbprint& thumbprint() const;
  const AuthorityRecord& record() const;
  /// As last fetched, perhaps in an earlier run; nullptr before the first fetch. It lives until any
  /// request ends.
  const Directory* directory() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace acme
