#include "acme/link_header.h"

#include <string>

#include <gtest/gtest.h>

namespace acme {
namespace {

std::vector<std::string> alternates(const std::vector<std::string>& values) {
  HttpResponse response;
  for (const std::string& value : values) response.headers.push_back({"link", value});
  std::vector<std::string> texts;
  for (const Url& url :
       find_links(response, *Url::parse("https://ca.example/cert/1"), "alternate")) {
    texts.push_back(url.text());
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Links, MayRepeatAndMayShareAHeader) {
  EXPECT_EQ(
      alternates({R"(<https://ca.example/dir>;rel="index")",
                  R"(<https://ca.example/cert/1/1>;rel="alternate", </cert/1/2> ; rel=alternate)",
                  R"(<3>;title="a, b; rel=\"x\"";rel="start Alternate")"}),
      (Texts{"https://ca.example/cert/1/1",
             "https://ca.example/cert/1/2",
             "https://ca.example/cert/3"}));
}

TEST(Links, KeepAQuotedStringTogether) {
  EXPECT_EQ(alternates({R"(</1>;title="a\", </2>;rel=alternate; \"";rel=alternate)"}),
            (Texts{"https://ca.example/1"}));
}

TEST(Links, ThatCannotBeReadAreLeftOut) {
  for (const std::string value : {"",
                                  ",,,",
                                  "<",
                                  "<>",
                                  "https://x/;rel=alternate",
                                  "<https://x/;rel=alternate",
                                  "<https://x/>",
                                  "<https://x/>;rel",
                                  "<https://x/>;rel=",
                                  "<https://x/>;rel=\"",
                                  "<https://x/>;rel=alternates",
                                  "<ftp://x/>;rel=alternate",
                                  "<http://x/>;rel=alternate",
                                  "<https://x/>;title=\"\\"}) {
    EXPECT_TRUE(alternates({value}).empty()) << value;
  }
}

TEST(Links, AreBounded) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "</x>;rel=alternate,";
  EXPECT_EQ(alternates({many, many}).size(), 32U);
}

}  // namespace
}  // namespace acme
