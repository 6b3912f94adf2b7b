#include "acme/certificate.h"

#include <gtest/gtest.h>

#include "acme/openssl.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_ca.h"

namespace acme {
namespace {

using std::chrono::hours;

class Chain : public testing::Test {
 protected:
  static Identifier identifier(const std::string& name) {
    return Identifier(base::DomainName::parse(name).value());
  }
  fakes::LeafWish wish(std::vector<std::string> names) const {
    return {std::move(names), now_ - hours(1), now_ + hours(24 * 90)};
  }
  std::string issue(const fakes::LeafWish& leaf) const {
    return ca_.issue(key_.handle().pkey.get(), leaf);
  }
  base::Result<VerifiedChain, Error> verify(const std::string& pem) const {
    return verify_chain(pem, key_, {identifier("b.example"), identifier("*.a.example")}, now_);
  }
  std::string refusal(const std::string& pem) const {
    const auto verified = verify(pem);
    if (verified) return "";
    EXPECT_EQ(verified.error().code, Errc::bad_certificate);
    EXPECT_EQ(verified.error().origin, Origin::local);
    return verified.error().detail;
  }

  static std::string der_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
  }
  static std::string pem_of(const std::string& der) {
    const BioPtr bio = write_bio();
    PEM_write_bio(bio.get(),
                  PEM_STRING_X509,
                  "",
                  reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
    return written(bio.get());
  }

  const base::WallTime now_ = fakes::FakeClock().wall();
  const fakes::TestCa ca_{now_};
  const PrivateKey key_ = PrivateKey::generate(KeyType::ecdsa_p256).value();
};

TEST_F(Chain, OfWhatWasOrderedIsTaken) {
  const std::string pem = issue(wish({"*.a.example", "b.example"}));
  const auto verified = verify(pem);
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->leaf.names, (std::vector<std::string>{"*.a.example", "b.example"}));
  EXPECT_EQ(verified->leaf.serial, "1A2B3C4D5E6F");
  EXPECT_EQ(verified->leaf.not_before, now_ - hours(1));
  EXPECT_EQ(verified->leaf.not_after, now_ + hours(24 * 90));
  EXPECT_EQ(verified->leaf.sha1.size(), 40U);
  EXPECT_EQ(verified->leaf.authority_key_id.size(), 40U);
  EXPECT_EQ(verified->leaf.subject_cn, "");
  EXPECT_EQ(verified->leaf.issuer_cn, "Test Intermediate");
  EXPECT_EQ(verified->pem, pem);
}

TEST_F(Chain, NamesAreComparedWithoutCase) {
  EXPECT_EQ(refusal(issue(wish({"B.Example", "*.A.example"}))), "");
}

TEST_F(Chain, MayEndWithItsRoot) {
  EXPECT_EQ(refusal(issue(wish({"*.a.example", "b.example"})) + ca_.root_pem()), "");
}

TEST_F(Chain, OfAnotherKeyIsRefused) {
  const auto other = PrivateKey::generate(KeyType::ecdsa_p256).value();
  EXPECT_EQ(refusal(ca_.issue(other.handle().pkey.get(), wish({"*.a.example", "b.example"}))),
            "it has another public key than ours");
}

TEST_F(Chain, ForOtherNamesIsRefused) {
  EXPECT_EQ(refusal(issue(wish({"b.example"}))),
            "it is for b.example, ordered was *.a.example b.example");
  EXPECT_EQ(refusal(issue(wish({"*.a.example", "b.example", "c.example"}))),
            "it is for *.a.example b.example c.example, ordered was *.a.example b.example");
  EXPECT_EQ(refusal(issue(wish({}))), "it is for , ordered was *.a.example b.example");
  fakes::LeafWish with_address = wish({"*.a.example", "b.example"});
  with_address.other_name = "IP:192.0.2.7";
  EXPECT_EQ(refusal(issue(with_address)),
            "it is for *.a.example 192.0.2.7 b.example, ordered was *.a.example b.example");
  with_address.other_name = "email:a@b.example";
  EXPECT_EQ(refusal(issue(with_address)),
            "it is for *.a.example b.example and names of another type, ordered was *.a.example "
            "b.example");
}

TEST_F(Chain, ForAnAddressIsTakenWhereOneWasOrdered) {
  fakes::LeafWish leaf = wish({"b.example"});
  leaf.other_name = "IP:2001:db8::1";
  const std::vector<Identifier> ordered = {
      Identifier(base::DomainName(*base::IpAddress::parse("2001:db8::1"))),
      Identifier(base::DomainName::parse("b.example").value())};
  EXPECT_TRUE(verify_chain(issue(leaf), key_, ordered, now_));
}

TEST_F(Chain, OutsideItsValidityIsRefusedButForAnHourOfSkew) {
  fakes::LeafWish leaf = wish({"*.a.example", "b.example"});
  leaf.not_before = now_ + hours(1);
  EXPECT_EQ(refusal(issue(leaf)), "");
  leaf.not_before = now_ + hours(1) + std::chrono::seconds(1);
  EXPECT_EQ(refusal(issue(leaf)), "it is not valid yet");
  leaf = wish({"*.a.example", "b.example"});
  leaf.not_after = now_;
  EXPECT_EQ(refusal(issue(leaf)), "it has expired");
}

TEST_F(Chain, ThatDoesNotHangTogetherIsRefused) {
  const fakes::LeafWish leaf = wish({"*.a.example", "b.example"});
  const std::string leaf_pem =
      fakes::TestCa::pem(ca_.issue_leaf(key_.handle().pkey.get(), leaf).get());
  EXPECT_EQ(refusal(leaf_pem + ca_.root_pem()),
            "certificate 1 of the chain is not signed by the next");
  EXPECT_EQ(refusal(leaf_pem + fakes::TestCa(now_).intermediate_pem()),
            "certificate 1 of the chain is not signed by the next")
      << "an issuer of the same name with another key";
  EXPECT_EQ(refusal(leaf_pem + ca_.intermediate_pem() + leaf_pem),
            "certificate 2 of the chain is not signed by the next");
}

TEST_F(Chain, CutBehindALeafThatNeedsItsIssuerIsRefused) {
  fakes::LeafWish leaf = wish({"*.a.example", "b.example"});
  leaf.ca_issuers = "http://ca.example/intermediate.der";
  const std::string whole = issue(leaf);
  EXPECT_EQ(refusal(whole), "") << "without its root";
  EXPECT_EQ(refusal(whole + ca_.root_pem()), "");
  EXPECT_EQ(refusal(whole.substr(0, whole.find("-----BEGIN", 1))),
            "it came without its issuer's certificate");
}

TEST_F(Chain, OfALeafThatARootHasSignedNeedsNoOther) {
  const fakes::LeafWish leaf = wish({"*.a.example", "b.example"});
  const std::string pem =
      fakes::TestCa::pem(ca_.issue_leaf_by_root(key_.handle().pkey.get(), leaf).get());
  EXPECT_EQ(refusal(pem), "") << "all but the root";
  EXPECT_EQ(refusal(pem + ca_.root_pem()), "");
}

TEST_F(Chain, WithABrokenSignatureIsRefused) {
  const X509Ptr leaf = ca_.issue_leaf(key_.handle().pkey.get(), wish({"*.a.example", "b.example"}));
  std::string der = der_of(leaf.get());
  der.back() = static_cast<char>(der.back() ^ 1);
  EXPECT_EQ(refusal(pem_of(der) + ca_.intermediate_pem()),
            "certificate 1 of the chain is not signed by the next");
}

TEST_F(Chain, WhoseIssuerHasTheRightKeyAndAnotherNameIsRefused) {
  const X509Ptr leaf = ca_.issue_leaf(key_.handle().pkey.get(), wish({"*.a.example", "b.example"}));
  const std::string pem = ca_.intermediate_pem();
  const BioPtr bio = read_bio(pem);
  const X509Ptr renamed(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(renamed.get()),
                             "O",
                             MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("Other"),
                             -1,
                             -1,
                             0);
  X509_sign(renamed.get(), key_.handle().pkey.get(), EVP_sha256());
  EXPECT_EQ(refusal(fakes::TestCa::pem(leaf.get()) + fakes::TestCa::pem(renamed.get())),
            "certificate 1 of the chain is not signed by the next");
}

TEST_F(Chain, WithBytesAfterACertificateIsRefused) {
  const X509Ptr leaf = ca_.issue_leaf(key_.handle().pkey.get(), wish({"*.a.example", "b.example"}));
  EXPECT_EQ(refusal(pem_of(der_of(leaf.get()))), "");
  EXPECT_EQ(refusal(pem_of(der_of(leaf.get()) + "x")), "certificate 1 of the chain cannot be read");
}

TEST_F(Chain, WithAnythingButCertificatesIsRefused) {
  const std::string pem = issue(wish({"*.a.example", "b.example"}));
  EXPECT_EQ(refusal(pem + key_.pem()), "a block is no CERTIFICATE");
  EXPECT_EQ(refusal(""), "no certificate in it");
  EXPECT_EQ(refusal("<html>503</html>"), "no certificate in it");
  EXPECT_EQ(refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate 1 of the chain cannot be read");
}

TEST_F(Chain, IsStoredWithoutTheWordsAroundIt) {
  const std::string pem = issue(wish({"*.a.example", "b.example"}));
  const auto verified = verify("subject=evil\nstats socket /x\n" + pem + "\n\n");
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->pem, pem);
}

TEST_F(Chain, CutAnywhereIsRefused) {
  const std::string pem = issue(wish({"*.a.example", "b.example"}));
  const std::size_t leaf_end = pem.find("-----BEGIN", 1);
  for (std::size_t size = 0; size < pem.size() - 1; ++size) {
    if (size == leaf_end || size == leaf_end - 1) continue;  // the leaf alone, whole
    // Up to four dashes of the next block are no block yet.
    if (size > leaf_end && size < leaf_end + 5) continue;
    ASSERT_NE(refusal(pem.substr(0, size)), "") << size;
  }
}

TEST_F(Chain, HasAtMostTenCertificatesAnd64KiB) {
  const std::string root = ca_.root_pem();
  std::string pem;
  for (int i = 0; i < 10; ++i) pem += root;
  EXPECT_TRUE(parse_chain(pem));
  EXPECT_EQ(parse_chain(pem + root).error().detail, "more than 10 certificates");
  EXPECT_TRUE(parse_chain(root + std::string(64 * 1024 - root.size(), '\n')));
  EXPECT_EQ(parse_chain(root + std::string(64 * 1024 - root.size() + 1, '\n')).error().detail,
            "longer than 64 KiB");
}

TEST_F(Chain, SerialsArePrintedAsHaproxyAndOpensslDo) {
  fakes::LeafWish leaf = wish({"b.example"});
  leaf.serial_hex = "87654321";  // top bit set: the DER has a leading 00
  EXPECT_EQ(parse_chain(issue(leaf))->front().serial, "87654321");
  leaf.serial_hex = "0A";
  EXPECT_EQ(parse_chain(issue(leaf))->front().serial, "0A");
}

}  // namespace
}  // namespace acme
