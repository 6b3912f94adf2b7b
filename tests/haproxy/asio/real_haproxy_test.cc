#include "tests/haproxy/asio/real_haproxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/asio/files.h"
#include "haproxy/asio/runtime_session.h"
#include "haproxy/crt_list.h"
#include "haproxy/listing_diff.h"
#include "tests/haproxy/asio/await.h"
#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

namespace asio = base::asio;
using test::list_name;
using test::served_for;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* first_serial = "0A01";  // of bundle.pem
constexpr const char* renewed_serial = "0A02";

/// One HAProxy and one session on it.
class RuntimeSessionOnHaproxy : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
    haproxy_.emplace();
    session_ = open();
  }

  std::unique_ptr<RuntimeSession> open() {
    auto opened = test::await(
        context_, RuntimeSession::open(context_.get_executor(), haproxy_->runtime_api(), {}));
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }
  base::Result<Reply, RuntimeError> run(Command command) {
    return test::await(context_, session_->run(std::move(command)));
  }
  base::Result<void, RuntimeError> run(std::unique_ptr<Sequence> sequence) {
    return test::await(context_, session_->run(std::move(sequence)));
  }
  void expect_success(std::unique_ptr<Sequence> sequence) {
    const auto done = run(std::move(sequence));
    EXPECT_TRUE(done) << done.error().message();
  }

  CertificateName name(const std::string& file) const {
    return test::certificate_name(haproxy_->path("certs/" + file));
  }
  CrtListName list() const { return list_name(haproxy_->crt_list()); }
  std::string serial_for(const std::string& host) const {
    const auto served = served_for(haproxy_->https(), host);
    return served ? served->serial : "none";
  }
  std::vector<std::string> loaded() {
    return std::get<CertificateListing>(*run(ShowCertificates{})).names;
  }
  std::vector<ListedEntry> listed() {
    return std::get<CrtListListing>(*run(ShowCrtList{list()})).entries;
  }

  asio::io_context context_{1};
  std::optional<test::RealHaproxy> haproxy_;
  std::unique_ptr<RuntimeSession> session_;
};

TEST_F(RuntimeSessionOnHaproxy, ServesACertificateThatWasAdded) {
  EXPECT_EQ(serial_for("a.example"), "none");
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  EXPECT_EQ(serial_for("a.example"), first_serial);
  EXPECT_EQ(serial_for("b.example"), "none");
}

TEST_F(RuntimeSessionOnHaproxy, ServesARenewedCertificateInItsPlace) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  expect_success(std::make_unique<RenewCertificate>(name("a.pem"), test::pem("renewed.pem")));
  EXPECT_EQ(serial_for("a.example"), renewed_serial);
  EXPECT_EQ(listed().size(), 1u);
}

TEST_F(RuntimeSessionOnHaproxy, ServesARemovedCertificateNoMore) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  expect_success(
      std::make_unique<AddCertificate>(list(), CrtListLine(name("b.pem")), test::pem("other.pem")));
  expect_success(std::make_unique<RemoveCertificate>(list(), name("a.pem")));
  EXPECT_EQ(serial_for("a.example"), "none");
  EXPECT_EQ(serial_for("b.example"), "0B01");
  EXPECT_THAT(loaded(), ElementsAre(name("b.pem").text()));
  expect_success(std::make_unique<RemoveCertificate>(list(), name("a.pem")));
}

TEST_F(RuntimeSessionOnHaproxy, AddsWhatIsThereAlreadyAsARenewal) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("renewed.pem")));
  EXPECT_EQ(serial_for("a.example"), renewed_serial);
  EXPECT_EQ(listed().size(), 1u);
  // Out of the list behind our back, still loaded.
  EXPECT_TRUE(run(DeleteFromCrtList{list(), name("a.pem"), std::nullopt}));
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  EXPECT_EQ(serial_for("a.example"), first_serial);
}

TEST_F(RuntimeSessionOnHaproxy, RemovesEveryEntryOfACertificate) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  expect_success(
      std::make_unique<AddCertificate>(list(), CrtListLine(name("b.pem")), test::pem("other.pem")));
  EXPECT_TRUE(run(AddToCrtList{list(), CrtListLine(name("a.pem"))}));
  EXPECT_TRUE(run(AddToCrtList{list(), CrtListLine(name("a.pem"))}));
  EXPECT_EQ(listed().size(), 4u);
  expect_success(std::make_unique<RemoveCertificate>(list(), name("a.pem")));
  EXPECT_EQ(listed().size(), 1u);
  EXPECT_THAT(loaded(), ElementsAre(name("b.pem").text()));
}

TEST_F(RuntimeSessionOnHaproxy, SendsOptionsAndFiltersAndReadsThemBack) {
  const auto line =
      CrtListLine::make(name("a.pem"), "alpn h2,http/1.1", {"x.example", "!y.example"});
  expect_success(std::make_unique<AddCertificate>(list(), *line, test::pem("bundle.pem")));
  EXPECT_EQ(serial_for("x.example"), first_serial);
  EXPECT_EQ(serial_for("a.example"), "none");
  const std::vector<ListedEntry> entries = listed();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].entry,
            (CrtListEntry{name("a.pem").text(), "alpn h2,http/1.1", {"x.example", "!y.example"}}));
}

TEST_F(RuntimeSessionOnHaproxy, ShowsTheCertificateThatIsServed) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  const auto details = std::get<CertificateDetails>(*run(ShowCertificate{name("a.pem")}));
  EXPECT_EQ(details.status, CertificateStatus::used);
  EXPECT_THAT(details.dns_names, ElementsAre("a.example"));
  EXPECT_EQ(details.sha1_fingerprint, served_for(haproxy_->https(), "a.example")->sha1_fingerprint);
  EXPECT_EQ(details.serial, first_serial);
}

// The texts of the installed version, whatever it says.
TEST_F(RuntimeSessionOnHaproxy, NamesWhatHaproxyRefuses) {
  const CertificateName a = name("a.pem");
  EXPECT_EQ(run(std::make_unique<RenewCertificate>(a, test::pem("bundle.pem"))).error().code,
            Errc::not_found);
  EXPECT_EQ(run(ShowCertificate{a}).error().code, Errc::not_found);
  EXPECT_EQ(run(DeleteCertificate{a}).error().code, Errc::not_found);
  EXPECT_EQ(run(CommitCertificate{a}).error().code, Errc::no_transaction);
  EXPECT_EQ(run(AbortCertificate{a}).error().code, Errc::no_transaction);
  EXPECT_EQ(run(AddToCrtList{list(), CrtListLine(a)}).error().code, Errc::not_found);
  EXPECT_TRUE(run(NewCertificate{a}));
  EXPECT_EQ(run(NewCertificate{a}).error().code, Errc::already_exists);
  EXPECT_EQ(run(AddToCrtList{list(), CrtListLine(a)}).error().code, Errc::certificate_empty);
  EXPECT_TRUE(run(SetCertificate{a, test::pem("bundle.pem")}));
  EXPECT_EQ(run(DeleteCertificate{a}).error().code, Errc::transaction_open);
  EXPECT_EQ(run(AbortCertificate{name("b.pem")}).error().code, Errc::other_transaction);
  EXPECT_EQ(run(CommitCertificate{name("b.pem")}).error().code, Errc::other_transaction);
  EXPECT_TRUE(run(CommitCertificate{a}));
  const CrtListName other = list_name("/not/there");
  EXPECT_EQ(run(AddToCrtList{other, CrtListLine(a)}).error().code, Errc::list_not_found);
  EXPECT_EQ(run(DeleteFromCrtList{other, a, std::nullopt}).error().code, Errc::list_not_found);
  EXPECT_EQ(run(ShowCrtList{other}).error().code, Errc::list_not_found);
  EXPECT_EQ(run(DeleteFromCrtList{list(), a, std::nullopt}).error().code, Errc::not_in_list);
  const auto bad_option = CrtListLine::make(a, "nonsense 1", {});
  EXPECT_EQ(run(AddToCrtList{list(), *bad_option}).error().code, Errc::bad_list_line);
  EXPECT_TRUE(run(AddToCrtList{list(), CrtListLine(a)}));
  EXPECT_EQ(run(DeleteCertificate{a}).error().code, Errc::in_use);
  EXPECT_TRUE(run(AddToCrtList{list(), CrtListLine(a)}));
  const auto several = run(DeleteFromCrtList{list(), a, std::nullopt});
  EXPECT_EQ(several.error().code, Errc::several_entries);
  EXPECT_EQ(parse_entry_lines(several.error().detail).size(), 2u);
  EXPECT_EQ(run(DeleteFromCrtList{list(), a, 99}).error().code, Errc::wrong_line);
  EXPECT_TRUE(session_->is_open());
}

TEST_F(RuntimeSessionOnHaproxy, LeavesTheOldCertificateIfTheKeyDoesNotFit) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  const std::string other = test::pem("other.pem").text();
  const std::string renewed = test::pem("renewed.pem").text();
  const auto mixed = PemBundle::parse(other.substr(0, other.find("-----BEGIN CERT")) +
                                      renewed.substr(renewed.find("-----BEGIN CERT")));
  EXPECT_EQ(run(std::make_unique<RenewCertificate>(name("a.pem"), *mixed)).error().code,
            Errc::key_mismatch);
  EXPECT_EQ(serial_for("a.example"), first_serial);
  EXPECT_EQ(run(std::make_unique<AddCertificate>(list(), CrtListLine(name("c.pem")), *mixed))
                .error()
                .code,
            Errc::key_mismatch);
  EXPECT_THAT(loaded(), ElementsAre(name("a.pem").text()));
}

TEST_F(RuntimeSessionOnHaproxy, AbortsTheTransactionThatACrashLeftOpen) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  EXPECT_TRUE(run(SetCertificate{name("a.pem"), test::pem("renewed.pem")}));
  session_->close();  // the transaction outlives the connection
  session_ = open();
  EXPECT_EQ(run(AbortCertificate{name("a.pem")}).error().code, Errc::no_transaction);
  EXPECT_EQ(serial_for("a.example"), first_serial);
  EXPECT_THAT(session_->take_certificates().names, ElementsAre(name("a.pem").text()));
}

// The trap of 2.6: a payload lands in whatever transaction is open.
TEST_F(RuntimeSessionOnHaproxy, NoticesAPayloadInAnothersTransactionAndAbortsIt) {
  expect_success(std::make_unique<AddCertificate>(
      list(), CrtListLine(name("a.pem")), test::pem("bundle.pem")));
  expect_success(
      std::make_unique<AddCertificate>(list(), CrtListLine(name("b.pem")), test::pem("other.pem")));
  EXPECT_TRUE(run(SetCertificate{name("b.pem"), test::pem("other.pem")}));
  if (!features_of(session_->process().version).misdirects_set) GTEST_SKIP() << "a newer HAProxy";
  const auto renewed =
      run(std::make_unique<RenewCertificate>(name("a.pem"), test::pem("renewed.pem")));
  EXPECT_EQ(renewed.error().code, Errc::misdirected);
  EXPECT_EQ(run(CommitCertificate{name("b.pem")}).error().code, Errc::no_transaction);
  EXPECT_EQ(serial_for("b.example"), "0B01");
  expect_success(std::make_unique<RenewCertificate>(name("a.pem"), test::pem("renewed.pem")));
}

/// `size` bytes of line and payload when set under name(size).
struct Sized {
  CertificateName name;
  PemBundle pem;
};

Sized sized(std::size_t size) {
  const std::string document = test::pem("self_signed.pem").text();
  std::string text = document;
  for (int i = 0; i < 11; ++i) text += document.substr(document.find("-----BEGIN CERT"));
  PemBundle pem = *PemBundle::parse(text);
  const std::size_t rest = encode(SetCertificate{test::certificate_name("/"), pem}).size() - 1;
  return {test::certificate_name("/" + std::string(size - rest - 5, 'x') + ".pem"), pem};
}

TEST_F(RuntimeSessionOnHaproxy, TakesThePayloadThatJustFitsAndRefusesTheNext) {
  const Sized fits = sized(16383);
  ASSERT_EQ(encode(SetCertificate{fits.name, fits.pem}).size(), 16383u);
  expect_success(std::make_unique<AddCertificate>(list(), CrtListLine(fits.name), fits.pem));
  EXPECT_NE(serial_for("name-01.selfsigned.example"), "none");
  const Sized over = sized(16384);
  const auto refused =
      run(std::make_unique<AddCertificate>(list(), CrtListLine(over.name), over.pem));
  EXPECT_EQ(refused.error().code, Errc::over_limit);
  EXPECT_THAT(refused.error().detail, HasSubstr("tune.bufsize to at least 16385"));
  EXPECT_TRUE(session_->is_open());
  EXPECT_THAT(loaded(), ElementsAre(fits.name.text()));
}

TEST_F(RuntimeSessionOnHaproxy, FailsEveryCommandOnceHaproxyIsGone) {
  haproxy_->stop();
  EXPECT_EQ(run(ShowInfo{}).error().code, Errc::connection_closed);
  EXPECT_FALSE(session_->is_open());
  EXPECT_EQ(
      run(std::make_unique<RenewCertificate>(name("a.pem"), test::pem("bundle.pem"))).error().code,
      Errc::connection_closed);
}

// What a deployer does: files first, then the running process; after a restart only what differs.
TEST_F(RuntimeSessionOnHaproxy, IsBroughtBackInStepAfterARestart) {
  const FileContent on_disk[] = {
      {name("a.pem").text(), test::pem("bundle.pem").text()},
      {name("gone.pem").text(), test::pem("self_signed.pem").text()},
      {haproxy_->crt_list(), name("a.pem").text() + "\n" + name("gone.pem").text() + "\n"}};
  ASSERT_TRUE(write_files(on_disk));
  const long before = session_->process().pid;
  haproxy_->stop();
  haproxy_->start();
  session_ = open();
  EXPECT_NE(session_->process().pid, before);
  EXPECT_EQ(serial_for("a.example"), first_serial);
  EXPECT_NE(serial_for("name-01.selfsigned.example"), "none");

  // Meanwhile a.example was renewed, b.example is new and the third is not wanted any more.
  const Fingerprint renewed("of-renewed");
  const Fingerprint other("of-other");
  const DesiredCertificates desired = {{name("a.pem").text(), renewed},
                                       {name("b.pem").text(), other}};
  ActualCertificates actual;
  for (const std::string& path : session_->take_certificates().names) {
    const auto details = run(ShowCertificate{test::certificate_name(path)});
    actual[path].fingerprint = Fingerprint(std::get<CertificateDetails>(*details).sha1_fingerprint);
  }
  for (const ListedEntry& entry : listed()) actual[entry.entry.path].in_list = true;
  const auto steps = plan_steps(desired, actual, haproxy_->path("certs/"));
  EXPECT_THAT(steps,
              ElementsAre(DiffStep{Action::renew, name("a.pem").text()},
                          DiffStep{Action::add, name("b.pem").text()},
                          DiffStep{Action::remove, name("gone.pem").text()}));
  expect_success(std::make_unique<RenewCertificate>(name("a.pem"), test::pem("renewed.pem")));
  expect_success(
      std::make_unique<AddCertificate>(list(), CrtListLine(name("b.pem")), test::pem("other.pem")));
  expect_success(std::make_unique<RemoveCertificate>(list(), name("gone.pem")));
  EXPECT_EQ(serial_for("a.example"), renewed_serial);
  EXPECT_EQ(serial_for("b.example"), "0B01");
  EXPECT_EQ(serial_for("name-01.selfsigned.example"), "none");
}

}  // namespace
}  // namespace haproxy
