#include "tests/fake_ca/problem.h"

namespace fake_ca {

Json to_json(const Problem& problem) {
  Json json = {{"type", "urn:ietf:params:acme:error:" + problem.type},
               {"detail", problem.detail},
               {"status", problem.status}};
  if (problem.identifier) json["identifier"] = to_json(*problem.identifier);
  for (const Problem& part : problem.subproblems) json["subproblems"].push_back(to_json(part));
  if (!problem.instance.empty()) json["instance"] = problem.instance;
  if (!problem.algorithms.empty()) json["algorithms"] = problem.algorithms;
  return json;
}

Reply to_reply(const Problem& problem) {
  Reply reply{problem.status, problem.headers, to_json(problem).dump()};
  reply.headers.push_back({"Content-Type", "application/problem+json"});
  if (problem.retry_after) {
    reply.headers.push_back({"Retry-After", std::to_string(problem.retry_after->count())});
  }
  return reply;
}

Reply json_reply(int status, const Json& body) {
  return {status, {{"Content-Type", "application/json"}}, body.dump()};
}

}  // namespace fake_ca
