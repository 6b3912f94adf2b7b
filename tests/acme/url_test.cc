#include <string>

#include <gtest/gtest.h>

#include "acme/types.h"

namespace acme {
namespace {

TEST(Url, IsKeptByteForByte) {
  const std::string text = "HTTPS://CA.example:443/Acme/%7eorder/1?x=%20#f";
  ASSERT_TRUE(Url::parse(text));
  EXPECT_EQ(Url::parse(text)->text(), text);
}

TEST(Url, RefusesWhatIsNoAbsoluteHttpUrl) {
  for (const std::string text : {"",
                                 "/order/1",
                                 "ftp://ca.example/",
                                 "https:",
                                 "https://",
                                 "https:///path",
                                 "https://?q",
                                 "javascript:alert(1)",
                                 "https://ca.example/a b",
                                 "https://ca.example/\r\nHost: evil",
                                 "https://ca.example/\xc3\xa4",
                                 "https://ca.example/\"x"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
  EXPECT_TRUE(Url::parse("https://a/" + std::string(2038, 'x')));
  EXPECT_FALSE(Url::parse("https://a/" + std::string(2039, 'x')));
}

struct Resolution {
  std::string reference;
  std::string expected;  // empty: none
};

class ResolveUrl : public testing::TestWithParam<Resolution> {};

TEST_P(ResolveUrl, FollowsRfc3986) {
  const auto resolved =
      resolve_url(*Url::parse("https://ca.example:14000/acme/b/c?d=e#f"), GetParam().reference);
  EXPECT_EQ(resolved ? resolved->text() : "", GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    References,
    ResolveUrl,
    testing::Values(Resolution{"https://other.example/x", "https://other.example/x"},
                    Resolution{"//other.example/x", "https://other.example/x"},
                    Resolution{"/order/1", "https://ca.example:14000/order/1"},
                    Resolution{"order/1?x=/y", "https://ca.example:14000/acme/b/order/1?x=/y"},
                    Resolution{"./g", "https://ca.example:14000/acme/b/g"},
                    Resolution{"../g", "https://ca.example:14000/acme/g"},
                    Resolution{"../../../g", "https://ca.example:14000/g"},
                    Resolution{"..", "https://ca.example:14000/acme/"},
                    Resolution{"?y", "https://ca.example:14000/acme/b/c?y"},
                    Resolution{"", "https://ca.example:14000/acme/b/c?d=e"},
                    Resolution{"#z", "https://ca.example:14000/acme/b/c?d=e"},
                    Resolution{"a:b", ""},
                    Resolution{"mailto:x@example.com", ""},
                    Resolution{"http://ca.example/x", ""},  // leaves https
                    Resolution{"//", ""},
                    Resolution{"/a b", ""}));

TEST(ResolveUrl, GivesABaseWithoutPathASlash) {
  EXPECT_EQ(resolve_url(*Url::parse("http://ca.example"), "order")->text(),
            "http://ca.example/order");
}

}  // namespace
}  // namespace acme
