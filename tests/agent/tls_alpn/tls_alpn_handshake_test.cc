#include "agent/tls_alpn/tls_alpn_handshake.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/agent/tls_alpn/alpn_client.h"
#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

using State = TlsAlpnHandshake::State;

class TlsAlpn : public testing::Test {
 protected:
  /// Carries bytes to and fro, `piece` at a time, until nobody has any more.
  State talk(AlpnClient& client, std::size_t piece = 100'000, std::string before = "") {
    TlsAlpnHandshake server(context_);
    State state = State::going_on;
    std::string to_server = before + client.step("");
    while (!to_server.empty()) {
      std::string to_client;
      for (std::size_t at = 0; at < to_server.size(); at += piece) {
        // On the heap in its exact size, so that a sanitizer sees a read beyond it.
        const std::string part = to_server.substr(at, piece);
        const std::vector<char> exact(part.begin(), part.end());
        state = server.receive(std::as_bytes(std::span(exact)));
        to_client += server.take_output();
      }
      to_server = client.step(to_client);
    }
    return state;
  }

  fakes::FakeClock clock_;
  ChallengeCertificates certificates_{clock_};
  const TlsAlpnContext context_{certificates_};
};

TEST_F(TlsAlpn, ShowsTheWorkedNumbersInACertificateForTheNameAlone) {
  certificates_.put({identifier("a.example"),
                     acme::sha256("utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio.znfVoBqCUCWJtfaRSqL9"
                                  "yMKv9X2ofPAaKZCdB1xwv_M")});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    AlpnClient client(acme_tls, "a.example", version);
    EXPECT_EQ(talk(client), State::proven);
    ASSERT_TRUE(client.is_done);
    EXPECT_EQ(client.protocol(), "acme-tls/1");
    const AlpnClient::Proof proof = client.proof();
    EXPECT_EQ(proof.sans, 1);
    EXPECT_EQ(proof.san_type, GEN_DNS);
    EXPECT_EQ(proof.san, "a.example");
    EXPECT_EQ(base::encode_hex(std::as_bytes(std::span(proof.extension))),
              "303106082b0601050507011f0101ff042204205c9263038777ce18d78823293eca6067d68ef797532ab7"
              "5299e52ed3a3f1a73d");
  }
}

TEST_F(TlsAlpn, FindsAnAddressByItsReverseName) {
  certificates_.put(answer_for("192.0.2.7"));
  AlpnClient client(acme_tls, "7.2.0.192.in-addr.arpa");
  EXPECT_EQ(talk(client), State::proven);
  ASSERT_TRUE(client.is_done);
  EXPECT_EQ(client.proof().san_type, GEN_IPADD);
  EXPECT_EQ(client.proof().san, std::string("\xc0\x00\x02\x07", 4));
}

TEST_F(TlsAlpn, DoesNotCareWhereItsInputIsCut) {
  certificates_.put(answer_for("a.example"));
  for (const std::size_t piece : {1, 2, 3, 5, 7, 11, 100}) {
    AlpnClient client(acme_tls, "A.Example");
    EXPECT_EQ(talk(client, piece), State::proven) << piece;
    EXPECT_TRUE(client.is_done) << piece;
  }
}

TEST_F(TlsAlpn, RefusesWhoeverOffersAnythingButItsProtocolAlone) {
  certificates_.put(answer_for("a.example"));
  for (const std::string& protocols :
       {std::string(), std::string("\x02h2"), "\x02h2" + acme_tls, acme_tls + "\x02h2"}) {
    AlpnClient client(protocols, "a.example");
    EXPECT_EQ(talk(client), State::failed) << protocols;
    EXPECT_FALSE(client.is_done);
    EXPECT_EQ(client.alert, SSL_AD_NO_APPLICATION_PROTOCOL) << protocols;
  }
}

TEST_F(TlsAlpn, RefusesNamesWithoutAnAnswer) {
  certificates_.put(answer_for("a.example"));
  for (const char* name : {"", "b.example", "sub.a.example"}) {
    AlpnClient client(acme_tls, name);
    EXPECT_EQ(talk(client), State::failed) << name;
    EXPECT_EQ(client.alert, SSL_AD_UNRECOGNIZED_NAME) << name;
  }
}

TEST_F(TlsAlpn, RemovesAnAnswerAndNoOtherOfItsName) {
  certificates_.put(answer_for("a.example", "old order"));
  certificates_.put(answer_for("a.example", "new order"));
  certificates_.remove(answer_for("a.example", "old order"));
  AlpnClient client(acme_tls, "a.example");
  EXPECT_EQ(talk(client), State::proven);
  certificates_.remove(answer_for("a.example", "new order"));
  EXPECT_EQ(certificates_.size(), 0U);
  AlpnClient late(acme_tls, "a.example");
  EXPECT_EQ(talk(late), State::failed);
}

TEST_F(TlsAlpn, SkipsAProxyHeaderWhereverItIsCut) {
  certificates_.put(answer_for("a.example"));
  const std::string version_2 = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) +
                                std::string("\x7f\0\0\1\x7f\0\0\1\x10\0\x01\xbb", 12);
  for (const std::string& header :
       {version_2, std::string("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n")}) {
    for (const std::size_t piece : {1, 7, 100'000}) {
      AlpnClient client(acme_tls, "a.example");
      EXPECT_EQ(talk(client, piece, header), State::proven) << piece;
      EXPECT_TRUE(client.is_done);
    }
  }
}

TEST_F(TlsAlpn, EndsAConnectionThatIsNoTls) {
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"),
                                   std::string("PROXY ") + std::string(200, 'x'),
                                   std::string("\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c", 16),
                                   std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16),
                                   std::string(16, '\0')}) {
    TlsAlpnHandshake server(context_);
    EXPECT_EQ(server.receive(std::as_bytes(std::span(bytes))), State::failed) << bytes;
  }
}

TEST_F(TlsAlpn, EndsAClientThatNeverGetsToTheEnd) {
  // Records of a ClientHello that claims to be 65,535 bytes long.
  std::string record("\x16\x03\x01\x10\x00", 5);
  record += std::string("\x01\x00\xff\xff", 4) + std::string(4092, '\0');
  TlsAlpnHandshake server(context_);
  State state = State::going_on;
  int records = 0;
  for (; state == State::going_on && records < 100; ++records) {
    state = server.receive(std::as_bytes(std::span(record)));
  }
  EXPECT_EQ(state, State::failed);
  EXPECT_LE(records, 5);
}

TEST_F(TlsAlpn, SurvivesAnyByteThatIsWrong) {
  certificates_.put(answer_for("a.example"));
  const std::string hello = AlpnClient(acme_tls, "a.example").step("");
  for (std::size_t at = 0; at < hello.size(); ++at) {
    for (const char bits : {'\x01', '\x80', '\xff'}) {
      std::string changed = hello;
      changed[at] = static_cast<char>(changed[at] ^ bits);
      TlsAlpnHandshake server(context_);
      server.receive(std::as_bytes(std::span(changed)));
      server.take_output();
    }
  }
}

}  // namespace
}  // namespace agent
