#include "acme/error.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Error, ReadsAsContextMeaningDetail) {
  const Error error{.code = Errc::order_not_ready,
                    .context = "order https://ca.example/order/1: finalize",
                    .detail = "Order's status is pending"};
  EXPECT_EQ(describe(error),
            "order https://ca.example/order/1: finalize: the order is not ready: Order's status is "
            "pending");
}

TEST(Error, NamesTheCausePerIdentifier) {
  Error error{.code = Errc::compound, .context = {}, .detail = {}};
  error.subproblems.push_back(
      {Identifier(base::DomainName::parse("a.example").value()), Errc::dns, "NXDOMAIN"});
  error.subproblems.push_back({std::nullopt, Errc::caa, ""});
  EXPECT_EQ(describe(error),
            "several identifiers failed [a.example: the authority could not look the name up in "
            "DNS: NXDOMAIN; a CAA record forbids the authority to issue]");
}

TEST(Error, SaysOnceWhatOneCauseMeans) {
  Error error{.code = Errc::connection, .context = "order https://ca.example/1", .detail = {}};
  error.subproblems.push_back({Identifier(base::DomainName::parse("a.example").value()),
                               Errc::connection,
                               "192.0.2.7: refused"});
  EXPECT_EQ(describe(error),
            "order https://ca.example/1: the authority could not connect to the name [a.example: "
            "192.0.2.7: refused]");
}

TEST(Error, ShowsTheStatusOfARefusalWithoutAProblem) {
  const Error error{.code = Errc::unknown_problem, .context = {}, .detail = {}, .http_status = 404};
  EXPECT_EQ(describe(error), "the authority refuses the request with status 404");
}

TEST(Error, TakesContextFromTheInsideOut) {
  const Error error{.code = Errc::timeout, .context = "finalize", .detail = "after 30 s"};
  EXPECT_EQ(with_context("order https://ca.example/1", error).context,
            "order https://ca.example/1: finalize");
}

TEST(Errc, IsAStdErrorCode) {
  const std::error_code code = Errc::bad_nonce;
  EXPECT_STREQ(code.category().name(), "acme");
  EXPECT_EQ(code.message(), "the authority refuses the nonce");
}

}  // namespace
}  // namespace acme
