#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/api/admin_api.h"
#include "agent/store/sealer.h"
#include "agent/store/sqlite_store.h"
#include "agent/store_asio/database.h"
#include "tests/agent/api/http_peer.h"
#include "tests/agent/api/running_server.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace agent {

/// Keeps what it was told, as `changed a.example` and `renew a.example`.
class RecordedChanges final : public ChangeListener {
 public:
  void hostnames_changed(std::span<const base::DomainName> names) override {
    for (const auto& name : names) calls.push_back("changed " + name.text());
  }
  void renewal_requested(std::span<const base::DomainName> names) override {
    for (const auto& name : names) calls.push_back("renew " + name.text());
  }
  void certificate_installed(const Certificate& certificate) override {
    calls.push_back("installed " + certificate.serial);
  }
  void revocations_requested() override { calls.emplace_back("revoke"); }
  std::vector<std::string> calls;
};

/// One account, at the authority `ca`, of which everything is taken down.
class FakeAccountControl final : public AccountControl {
 public:
  std::vector<AccountView> accounts() const override { return {view}; }
  Answer<AskedAccountView> ask(std::string authority) override {
    co_return answer("ask " + authority,
                     AskedAccountView{view, "deactivated", {"mailto:ops@example.org"}});
  }
  Answer<AccountView> set_contacts(std::string, std::vector<std::string> contacts) override {
    co_return answer("contact " + contacts.front(), view);
  }
  Answer<AccountView> change_key(std::string, acme::KeyType type) override {
    co_return answer("rollover " + std::to_string(static_cast<int>(type)), view);
  }
  Answer<AccountView> deactivate(std::string authority) override {
    co_return answer("deactivate " + authority, view);
  }
  Answer<AccountView> register_anew(std::string authority, acme::KeyType) override {
    co_return answer("register " + authority, view);
  }
  base::asio::awaitable<DnsRecordsView> dns_records(base::DomainName name) override {
    calls.push_back("dns " + name.text());
    co_return records;
  }

  AccountView view{.authority = "ca",
                   .directory_url = "https://ca.example/dir",
                   .is_open = true,
                   .url = "https://ca.example/acct/1",
                   .key_type = "ecdsa-p256",
                   .thumbprint = "print"};
  DnsRecordsView records;
  std::optional<Problem> problem;  ///< of everything
  std::vector<std::string> calls;

 private:
  template <class T>
  base::Result<T, Problem> answer(std::string call, T value) {
    calls.push_back(std::move(call));
    if (problem) return base::Unexpected(*problem);
    return value;
  }
};

class FakeReadiness final : public Readiness {
 public:
  std::vector<std::string> reasons_not_ready() const override { return reasons; }
  std::vector<std::string> reasons;
};

class FakeFigures final : public FigureSource {
 public:
  Figures figures() const override { return values; }
  Figures values;
};

/// One HAProxy, `edge`, that serves whatever has a bundle path without `broken` in it.
class FakeHaproxyControl final : public HaproxyControl {
 public:
  std::vector<HaproxyView> instances() const override { return views; }
  base::asio::awaitable<SyncView> sync(std::string instance, SyncMode mode, std::size_t) override {
    modes.push_back(mode);
    SyncView view = plan;
    view.instance = instance;
    co_return view;
  }
  base::asio::awaitable<std::vector<ProofView>> verify(std::vector<std::string> paths) override {
    std::vector<ProofView> proofs;
    for (const std::string& path : paths) {
      const bool is_served = path.find("broken") == std::string::npos;
      proofs.push_back({base::DomainName::parse("x.example").value(),
                        "edge",
                        is_served ? "" : "another certificate is served"});
    }
    co_return proofs;
  }
  std::string refusal(const CertificateBundle&) override { return refused; }

  std::vector<HaproxyView> views{{.name = "edge", .connected = true, .desired = 7}};
  SyncView plan;
  std::vector<SyncMode> modes;
  std::string refused;  ///< every certificate, why
};

/// The whole API over a unix socket, on a real SQLite store. What the server's thread uses is set
/// before the first request, or read after the reply to it.
class ApiFixture : public testing::Test {
 protected:
  HttpReply get(std::string_view target) { return peer_.request("GET", target); }
  HttpReply post(std::string_view target, std::string_view body) {
    return peer_.request("POST", target, body);
  }
  HttpReply put(std::string_view target, std::string_view body) {
    return peer_.request("PUT", target, body);
  }
  HttpReply patch(std::string_view target, std::string_view body) {
    return peer_.request("PATCH", target, body);
  }
  HttpReply remove(std::string_view target) { return peer_.request("DELETE", target); }

  /// Runs `work` on the database's thread and waits for it.
  void in_store(const std::function<void(Store&)>& work) {
    auto call = [&](Store& store) {
      work(store);
      return true;
    };
    base::asio::co_spawn(server_.io(), database_.run(std::move(call)), base::asio::use_future)
        .get();
  }

  /// Ends the hostname's order with a certificate, its id.
  CertificateId issue(const std::string& text, base::WallTime not_after) {
    CertificateId id(0);
    in_store([&](Store& store) {
      const auto name = base::DomainName::parse(text).value();
      const NewOrder order{.authority = "ca", .names = {name}};
      const auto orders = store.create_orders(std::span(&order, 1), now()).value();
      const CertificateBundle bundle{
          .certificate = {.authority = "ca",
                          .names = {name},
                          .serial = "01" + std::to_string(orders.at(0).id.value()),
                          .fingerprint = "AB" + std::to_string(orders.at(0).id.value()),
                          .not_before = now(),
                          .not_after = not_after,
                          .renew_at = not_after,
                          .bundle_path = text + ".pem"},
          .chain_pem = "chain",
          .private_key_pem = "the private key"};
      id = store.finish_order(orders.at(0).id, bundle, now()).value();
    });
    return id;
  }

  base::WallTime now() const { return clock_.wall(); }

  fakes::FakeClock clock_;
  RecordedChanges changes_;
  FakeReadiness readiness_;
  FakeFigures figures_;
  FakeHaproxyControl haproxy_;
  FakeAccountControl accounts_;
  Metrics metrics_{"1.2.3"};

  fakes::FakeRandom random_;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();

 protected:
  Database database_{
      SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_).value()};
  AdminApi api_{{.store = database_,
                 .clock = clock_,
                 .changes = changes_,
                 .readiness = readiness_,
                 .metrics = metrics_,
                 .figures = figures_,
                 .haproxy = haproxy_,
                 .accounts = accounts_,
                 .version = "1.2.3",
                 .random = random_,
                 .custom_bundle_path = [](const base::DomainName& name) {
                   return "_custom." + name.text() + ".pem";
                 }}};
  RunningServer server_{api_.admin_routes()};
  HttpPeer peer_{server_.endpoint()};
};

}  // namespace agent
