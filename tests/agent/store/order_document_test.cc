#include "agent/store/order_document.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <msgpack.hpp>

namespace agent {
namespace {

using testing::HasSubstr;

acme::Identifier identifier(std::string_view text) {
  return acme::Identifier(base::DomainName::parse_name_or_address(text).value());
}

acme::Url url(std::string_view text) {
  return acme::Url::parse(text).value();
}

/// Every field has a value of its own.
acme::OrderRecord full_order() {
  acme::OrderRecord order;
  order.identifiers = {
      identifier("www.example.org"), identifier("*.example.org"), identifier("2001:db8::1")};
  order.key_type = acme::KeyType::rsa_3072;
  order.challenge_types = {acme::ChallengeType::dns_01, acme::ChallengeType::http_01};
  order.preferences = {{identifier("*.example.org"), {acme::ChallengeType::dns_persist_01}},
                       {identifier("2001:db8::1"), {acme::ChallengeType::tls_alpn_01}}};
  order.thumbprint = acme::Thumbprint("thumbprint");
  order.account_url = "https://ca.example/acct/1";
  order.jitter_seed = UINT64_MAX;
  order.profile = "shortlived";
  order.replaces = acme::CertId("aYhb.f2U");
  order.is_replaces_refused = true;
  order.private_key_pem = "private key";
  order.csr = "csr";
  order.order_url = url("https://ca.example/order/1");
  order.challenges = {{acme::ChallengeType::tls_alpn_01,
                       identifier("www.example.org"),
                       url("https://ca.example/authz/1"),
                       url("https://ca.example/chall/1"),
                       acme::Token::parse("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ").value(),
                       acme::ChallengeResponse::sent},
                      {acme::ChallengeType::dns_persist_01,
                       identifier("*.example.org"),
                       url("https://ca.example/authz/2"),
                       url("https://ca.example/chall/2"),
                       std::nullopt,
                       acme::ChallengeResponse::none,
                       {"ca.example", "also-ca.example"}}};
  order.certificate_chain_pem = "chain";
  order.failure =
      acme::Error{.code = acme::Errc::compound,
                  .origin = acme::Origin::order,
                  .context = "finalize",
                  .detail = "detail",
                  .retry_after = std::chrono::seconds(17),
                  .subproblems = {{identifier("www.example.org"), acme::Errc::dns, "NXDOMAIN"},
                                  {std::nullopt, acme::Errc::caa, "forbidden"}},
                  .http_status = 403,
                  .instance = "https://ca.example/terms"};
  order.orders_placed = 1;
  order.keys_made = 2;
  order.finalize_requests = 3;
  order.chains_refused = 4;
  order.faults_in_a_row = 5;
  order.times_overdue = 6;
  return order;
}

TEST(OrderDocument, IsReadBackWithEveryField) {
  EXPECT_EQ(decode_order_document(encode_order_document(full_order())).value(), full_order());
}

TEST(OrderDocument, OfANewOrderIsReadBack) {
  acme::OrderRecord order;
  order.identifiers = {identifier("www.example.org")};
  EXPECT_EQ(decode_order_document(encode_order_document(order)).value(), order);
}

TEST(OrderDocument, CutAnywhereIsRefused) {
  const std::string document = encode_order_document(full_order());
  for (std::size_t size = 0; size < document.size(); ++size) {
    // On the heap in its exact size, so that a sanitizer sees a read beyond it.
    const std::vector<char> cut(document.begin(),
                                document.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode_order_document({cut.data(), cut.size()})) << size;
  }
}

TEST(OrderDocument, WithBytesBehindItIsRefused) {
  EXPECT_FALSE(decode_order_document(encode_order_document(full_order()) + '\0'));
}

TEST(OrderDocument, WithAChangedByteIsReadOrRefusedAndNeverMore) {
  const std::string document = encode_order_document(full_order());
  for (std::size_t i = 0; i < document.size(); ++i) {
    for (const char bits : {'\x01', '\x80', '\xff'}) {
      std::string changed = document;
      changed[i] = static_cast<char>(changed[i] ^ bits);
      const auto decoded = decode_order_document(changed);
      EXPECT_TRUE(decoded || decoded.error().starts_with("order document: "));
    }
  }
}

std::string document_with(const std::function<void(msgpack::packer<msgpack::sbuffer>&)>& field) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer(buffer);
  packer.pack_map(2);
  packer.pack("version");
  packer.pack(1);
  field(packer);
  return {buffer.data(), buffer.size()};
}

TEST(OrderDocument, SkipsFieldsItDoesNotKnow) {
  const std::string document = document_with([](auto& packer) {
    packer.pack("field of tomorrow");
    packer.pack(std::vector<std::string>{"a", "b"});
  });
  EXPECT_EQ(decode_order_document(document).value(), acme::OrderRecord{});
}

TEST(OrderDocument, NamesTheFieldThatIsDamaged) {
  const std::string wrong_type = document_with([](auto& packer) {
    packer.pack("csr");
    packer.pack(17);
  });
  EXPECT_EQ(decode_order_document(wrong_type).error(), "order document: field csr is damaged");
  const std::string out_of_range = document_with([](auto& packer) {
    packer.pack("key_type");
    packer.pack(6);
  });
  EXPECT_EQ(decode_order_document(out_of_range).error(),
            "order document: field key_type is damaged");
}

TEST(OrderDocument, RefusesAHostnameThatIsNone) {
  const std::string document = document_with([](auto& packer) {
    packer.pack("identifiers");
    packer.pack(std::vector<std::string>{"../../etc/passwd"});
  });
  EXPECT_FALSE(decode_order_document(document));
}

TEST(OrderDocument, RefusesAnotherVersion) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, std::map<std::string, int>{{"version", 2}});
  EXPECT_THAT(decode_order_document({buffer.data(), buffer.size()}).error(), HasSubstr("version"));
}

}  // namespace
}  // namespace agent
