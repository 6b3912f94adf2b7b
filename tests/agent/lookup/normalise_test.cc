#include "agent/lookup/normalise.h"

#include <cstring>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/domain_name.h"

namespace agent {
namespace {

/// normalise() of a heap block of exactly that size, so that a sanitizer sees a read past its end.
/// "" for nullopt.
std::string normalised(std::string_view raw) {
  const auto block = std::make_unique<char[]>(raw.size());
  std::copy(raw.begin(), raw.end(), block.get());
  const auto buffer = std::make_unique<HostnameBuffer>();
  std::memset(buffer->data(), 'x', HostnameBuffer::size);
  const auto name = normalise({block.get(), raw.size()}, *buffer);
  return name ? std::string(*name) : "";
}

/// The same, a byte at a time.
std::string by_the_book(std::string raw) {
  if (const auto colon = raw.find(':'); colon != std::string::npos) {
    const std::string port = raw.substr(colon + 1);
    if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) return "";
    raw.resize(colon);
  }
  if (!raw.empty() && raw.back() == '.') raw.pop_back();
  if (raw.empty() || raw.size() > 253) return "";
  std::size_t label = 0;
  for (char& c : raw) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain && c != '.') return "";
    if (c == '.' && label == 0) return "";
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return "";
  }
  return label == 0 ? "" : raw;
}

TEST(Normalise, TakesWhatClientsSend) {
  EXPECT_EQ(normalised("example.org"), "example.org");
  EXPECT_EQ(normalised("WWW.Example.ORG"), "www.example.org");
  EXPECT_EQ(normalised("example.org:80"), "example.org");
  EXPECT_EQ(normalised("example.org:65535"), "example.org");
  EXPECT_EQ(normalised("example.org:"), "example.org");
  EXPECT_EQ(normalised("example.org."), "example.org");
  EXPECT_EQ(normalised("example.org.:8080"), "example.org");
  EXPECT_EQ(normalised("xn--mnchen-3ya.example"), "xn--mnchen-3ya.example");
  EXPECT_EQ(normalised("_dmarc.a_b.example.org"), "_dmarc.a_b.example.org");
  EXPECT_EQ(normalised("localhost"), "localhost");
  EXPECT_EQ(normalised("a"), "a");
  EXPECT_EQ(normalised("0-9.az"), "0-9.az");
}

TEST(Normalise, HasNoNameForWhatCannotBeOurs) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view raw : {""sv,
                                     "."sv,
                                     ".."sv,
                                     ":"sv,
                                     ":80"sv,
                                     ".:80"sv,
                                     ".example.org"sv,
                                     "example..org"sv,
                                     "example.org.."sv,
                                     "example.org:http"sv,
                                     "example.org:80:80"sv,
                                     "example.org:123456"sv,
                                     "example.org:8 "sv,
                                     "[::1]"sv,
                                     "[2001:db8::1]:443"sv,
                                     "2001:db8::1"sv,
                                     "::1"sv,
                                     "*.example.org"sv,
                                     "../../etc/passwd"sv,
                                     "example.org/"sv,
                                     "a/b"sv,
                                     "exam ple.org"sv,
                                     " example.org"sv,
                                     "example.org "sv,
                                     "user@example.org"sv,
                                     "example.org\0"sv,
                                     "\0example.org"sv,
                                     "example\0.org"sv,
                                     "m\xc3\xbcnchen.example"sv,
                                     "\xff\xfe.example"sv,
                                     "exampl\xe5.org"sv,  // 'e' with the top bit set
                                     "example,org"sv,
                                     "example;org"sv,
                                     "`example.org"sv,
                                     "{example.org"sv,
                                     "@example.org"sv}) {
    EXPECT_EQ(normalised(raw), "") << raw;
  }
}

TEST(Normalise, JudgesEachByteAlikeAtEveryPlace) {
  const std::string name = "abcdefgh.ijklmnop.qrs";
  for (std::size_t at = 0; at < name.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string raw = name;
      raw[at] = static_cast<char>(byte);
      ASSERT_EQ(normalised(raw), by_the_book(raw)) << at << " " << byte;
    }
  }
}

TEST(Normalise, TakesLabelsOf63BytesAndNamesOf253) {
  const std::string label(63, 'A');
  const std::string lower(63, 'a');
  EXPECT_EQ(normalised(label), lower);
  EXPECT_EQ(normalised(label + "a"), "");
  EXPECT_EQ(normalised("b." + label + ".c"), "b." + lower + ".c");
  EXPECT_EQ(normalised("b." + label + "a.c"), "");
  const std::string longest = lower + "." + lower + "." + lower + "." + std::string(61, 'z');
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_EQ(normalised(longest), longest);
  EXPECT_EQ(normalised(longest + "."), longest);
  EXPECT_EQ(normalised(longest + ".:65535"), longest);
  EXPECT_EQ(normalised(longest + ":65535"), longest);
  EXPECT_EQ(normalised(longest + "z"), "");
  EXPECT_EQ(normalised(longest + ".z"), "");
  EXPECT_EQ(normalised(longest + "z.:65535"), "");
}

TEST(Normalise, AgreesWithTheBookAtEveryLength) {
  for (std::size_t length = 0; length <= 300; ++length) {
    for (const std::size_t step : {1, 2, 7, 8, 9, 63, 64}) {
      std::string raw(length, 'Q');
      for (std::size_t i = step; i < length; i += step + 1) raw[i] = '.';
      ASSERT_EQ(normalised(raw), by_the_book(raw)) << raw;
      ASSERT_EQ(normalised(raw + ":443"), by_the_book(raw + ":443")) << raw;
      ASSERT_EQ(normalised(raw + "."), by_the_book(raw + ".")) << raw;
    }
  }
}

TEST(Normalise, AgreesWithTheBookOnNoise) {
  std::mt19937 random(7);
  const std::string_view alphabet = "abzAZ019-_..::/@[]* \x80\xff";
  for (int i = 0; i < 200'000; ++i) {
    std::string raw(random() % 40, '\0');
    // Mostly letters, so that some are names.
    for (char& c : raw) c = random() % 8 == 0 ? alphabet[random() % alphabet.size()] : 'a';
    ASSERT_EQ(normalised(raw), by_the_book(raw)) << raw;
  }
}

TEST(Normalise, AnswersEightKilobytesOfAnything) {
  for (const char byte : {'a', '.', ':', '0', '\0', '\xff'}) {
    EXPECT_EQ(normalised(std::string(8192, byte)), "");
    EXPECT_EQ(normalised("a.example" + std::string(8192, byte)), "");
    EXPECT_EQ(normalised("a.example:" + std::string(8192, byte)), "");
  }
}

TEST(Normalise, KeepsEveryNameACertificateCanHave) {
  for (const char* text : {"a.b", "a-b.c-d", "123.example", "x.123a", "xn--a.b"}) {
    const auto name = base::DomainName::parse(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(normalised(text), name->text());
  }
}

bool is_plain(std::string_view raw) {
  const auto block = std::make_unique<char[]>(raw.size());
  std::copy(raw.begin(), raw.end(), block.get());
  return is_plain_name({block.get(), raw.size()});
}

TEST(PlainName, IsAUsualHostInEitherCase) {
  EXPECT_TRUE(is_plain("www.example.org"));
  EXPECT_TRUE(is_plain("WWW.Example-1.ORG"));
  EXPECT_TRUE(is_plain("a.example"));
  EXPECT_TRUE(is_plain(std::string(63, 'a')));
  EXPECT_FALSE(is_plain(""));
  EXPECT_FALSE(is_plain("a.exampl"));  // a name, but shorter than it looks at
  EXPECT_FALSE(is_plain(std::string(64, 'a')));
  EXPECT_FALSE(is_plain("example.org."));
  EXPECT_FALSE(is_plain(".example.org"));
  EXPECT_FALSE(is_plain("example.org:80"));
  EXPECT_FALSE(is_plain("a_b.example.org"));
}

TEST(PlainName, HasNoByteAnywhereThatANameHasNot) {
  for (std::size_t size = 9; size <= 63; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string raw(size, 'a');
      for (const char odd : {' ', ',', '/', ':', '@', '[', '`', '{', '_', '\0', '\x7f', '\xe1'}) {
        raw[at] = odd;
        EXPECT_FALSE(is_plain(raw)) << size << " " << at << " " << int{odd};
      }
      raw[at] = '.';
      EXPECT_EQ(is_plain(raw), at > 0 && at + 1 < size);
      if (at + 1 == size) continue;
      raw[at + 1] = '.';
      EXPECT_FALSE(is_plain(raw)) << size << " " << at;
    }
  }
}

}  // namespace
}  // namespace agent
