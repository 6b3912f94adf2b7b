#include "base/endpoint.h"

#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Endpoint, ReadsEverySpellingAndWritesItBack) {
  for (const char* text :
       {"127.0.0.1:9000", "[::1]:9000", "unix@/run/agent.sock", "abns@acme-spoa"}) {
    const Result<Endpoint, std::string> endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << endpoint.error();
    EXPECT_EQ(to_string(*endpoint), text);
  }
}

TEST(Endpoint, SaysWhatWouldBeRight) {
  EXPECT_NE(parse_endpoint("localhost:80").error().find("numeric address"), std::string::npos);
  EXPECT_NE(parse_endpoint("127.0.0.1:65536").error().find("0 to 65535"), std::string::npos);
  EXPECT_NE(parse_endpoint("127.0.0.1:").error().find("port"), std::string::npos);
  EXPECT_NE(parse_endpoint("/run/x.sock").error().find("unix@"), std::string::npos);
  EXPECT_NE(parse_endpoint("unix@run/x").error().find("absolute"), std::string::npos);
  EXPECT_NE(parse_endpoint("unix@/" + std::string(107, 'x')).error().find("107"),
            std::string::npos);
  EXPECT_NE(parse_endpoint("abns@").error().find("name"), std::string::npos);
}

}  // namespace
}  // namespace base
