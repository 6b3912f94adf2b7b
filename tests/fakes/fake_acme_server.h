#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "acme/http_client.h"
#include "acme/openssl.h"
#include "acme/renewal_info.h"
#include "base/clock.h"
#include "tests/fakes/jws_verifier.h"
#include "tests/fakes/test_ca.h"

namespace fakes {

/// An honest little ACME authority in memory, behind the client's own interface: it checks each
/// request's content type, nonce, URL, key and signature, asks `answers` for key authorizations,
/// and issues what the CSR asks for. A request waits in a queue until the test calls deliver() or
/// run().
class FakeAcmeServer final : public acme::HttpClient {
 public:
  using Json = nlohmann::json;

  /// What becomes of one request.
  enum class Fate { serve, lose_request, lose_reply };
  struct Arrival {
    std::string resource;  ///< `directory`, `newNonce`, `newAccount`, `newOrder`, `order`, …
    int number;            ///< of all requests so far, from 1
    const acme::HttpRequest& request;
  };

  static acme::Url directory_url() { return *acme::Url::parse("https://ca.example/dir"); }

  explicit FakeAcmeServer(const base::Clock& clock) : clock_(clock), ca_(clock.wall()) {}

  // What a test may set.
  std::map<std::string, std::string> answers;  ///< token → key authorization, as published
  std::function<Fate(const Arrival&)> fate = [](const Arrival&) { return Fate::serve; };
  /// A reply in place of the server's own; the request is not carried out.
  std::function<std::optional<acme::HttpResponse>(const Arrival&)> instead = [](const Arrival&) {
    return std::nullopt;
  };
  /// Changes a reply on its way.
  std::function<void(const Arrival&, acme::HttpResponse&)> tamper = [](const Arrival&,
                                                                       acme::HttpResponse&) {};
  int polls_until_validated = 0;  ///< reads of the order after a challenge's POST that say pending
  int polls_until_issued = 1;     ///< reads of the order after finalize that say processing
  bool reuses_authorizations = false;
  std::string mac_key;  ///< not empty: an external account binding with HS256 is required
  std::string host = "ca.example";  ///< where it is; part of its tokens if it is another
  std::string path_prefix = "/v1";  ///< of all URLs but the directory's
  bool offers_renewal_info = false;
  /// What is said of each certificate; nullopt: as Boulder, at 2/3 of its lifetime.
  std::optional<acme::RenewalInfo> renewal_info;
  std::string renewal_info_retry_after = "21600";
  /// How newOrder answers every `replaces`; without one, it looks as Boulder does.
  std::optional<acme::HttpResponse> replaces_refusal;
  std::map<std::string, std::string> profiles;  ///< not empty: the directory lists them
  int bad_nonces = 0;  ///< how many of the next signed requests are refused for theirs

  /// Of the authorization with that number, from 0.
  std::string token_of(const std::string& number) const {
    const std::string usual = "token-of-authorization-" + number + "-of-the-fake-server";
    return host == "ca.example" ? usual : usual + "-at-" + host.substr(0, host.find('.'));
  }

  // What a test may look at.
  std::map<std::string, int> requests;  ///< carried out, by resource
  int finalized = 0;                    ///< finalize requests that were accepted
  int issued = 0;
  int validations = 0;
  std::map<std::string, int> revoked;  ///< certificate as it was sent → reason
  int revoked_by_key = 0;              ///< of these, with the certificate's key
  int second_responses = 0;            ///< to challenges that were being validated already
  std::size_t order_count() const { return orders_.size(); }
  std::size_t account_count() const { return accounts_.size(); }
  std::size_t waiting() const { return queue_.size(); }
  const TestCa& ca() const { return ca_; }
  const Json& last_payload() const { return last_payload_; }
  /// The payloads of newOrder that were accepted, oldest first.
  const std::vector<Json>& placed() const { return placed_; }
  /// Of all certificates that were issued, by certID: which account's, and whether an order that
  /// has got its certificate replaces it.
  struct Issued {
    std::size_t account;
    base::WallTime not_before;
    base::WallTime not_after;
    bool is_replaced = false;
  };
  const std::map<std::string, Issued>& certificates() const { return certificates_; }

  void send(acme::HttpRequest request, Callback done) override {
    queue_.push_back({std::move(request), std::move(done)});
  }

  /// Carries one request out and calls back; false if none waits.
  bool deliver();
  void run() {
    while (deliver()) {
    }
  }

  /// As Pebble after a restart.
  void forget_everything();
  void forget_orders() { orders_.clear(); }
  void forget_nonces() { nonces_.clear(); }
  void deactivate_accounts();
  void expire_orders();

 private:
  struct Waiting {
    acme::HttpRequest request;
    Callback done;
  };
  /// A checked request.
  struct Signed {
    std::string path;
    std::string payload;
    Json jwk;
    std::optional<std::size_t> account;
  };

  // --- requests
  base::Result<acme::HttpResponse, acme::Error> carry_out(const acme::HttpRequest& request);
  static base::Result<acme::HttpResponse, acme::Error> lost();
  std::string path_of(const std::string& url) const;
  std::string url(const std::string& path) const { return "https://" + host + path_prefix + path; }
  std::string resource_of(const std::string& path) const;
  acme::HttpResponse serve(const acme::HttpRequest& request, const std::string& path);
  acme::HttpResponse directory() const;
  static std::string timestamp(base::WallTime time);
  acme::HttpResponse renewal_info_of(const std::string& id) const;
  acme::HttpResponse with_nonce(acme::HttpResponse reply);
  static acme::HttpResponse problem(int status, const std::string& type, const std::string& detail);
  static acme::HttpResponse reply(int status, const Json& json);
  /// As Pebble has it.
  static acme::HttpResponse not_found() { return {404, {}, ""}; }
  base::Result<Signed, acme::HttpResponse> check(const acme::HttpRequest& request,
                                                 const std::string& path,
                                                 const std::string& resource);
  base::Result<Signed, acme::HttpResponse> identify(const Jws& jws,
                                                    const std::string& path,
                                                    const std::string& resource) const;
  acme::HttpResponse serve_signed(const std::string& resource, const Signed& request);

  // --- accounts
  acme::HttpResponse account_reply(int status, std::size_t index) const;
  acme::HttpResponse new_account(const Signed& request);
  acme::HttpResponse update_account(const Signed& request);
  acme::HttpResponse change_key(const Signed& request);
  acme::HttpResponse revoke(const Signed& request);
  bool may_revoke(const std::string& der, const Signed& request) const;
  bool is_bound(const Jws& binding, const Json& jwk) const;

  // --- orders
  acme::HttpResponse new_order(const Signed& request);
  std::optional<acme::HttpResponse> check_order(const Json& payload, std::size_t account) const;
  std::size_t authorization_for(const std::string& name);
  std::size_t index_of(const std::string& resource_url) const;
  void update(Json& order);
  static Json visible(Json object);
  acme::HttpResponse order(std::size_t index, const Signed& request);
  void validate_due(const Json& order);

  // --- authorizations
  acme::HttpResponse authorization(std::size_t index, const Signed& request);
  acme::HttpResponse challenge(std::size_t index, const Signed& request);
  static std::string thumbprint_of(const Json& jwk);
  void validate(Json& authorization);

  // --- certificates
  acme::HttpResponse finalize(std::size_t index, const Signed& request);
  static acme::X509ReqPtr parse_csr(const std::string& csr);
  static std::set<std::string> names_of(X509_REQ* request);
  static bool is_csr_for(const std::string& csr, const Json& order);
  void issue(std::size_t index);
  void note_issued(const Json& order, const LeafWish& wish);
  acme::HttpResponse certificate(std::size_t index, const Signed& request);

  const base::Clock& clock_;
  const TestCa ca_;
  std::deque<Waiting> queue_;
  std::set<std::string> nonces_;
  int nonces_given_ = 0;
  int arrivals_ = 0;
  std::vector<Json> accounts_;
  std::vector<Json> orders_;
  std::vector<Json> authorizations_;
  Json last_payload_;
  std::vector<Json> placed_;
  std::map<std::string, Issued> certificates_;
};

}  // namespace fakes
