#include "agent/dns/wire/message.h"

namespace dns {

std::string to_string(RecordType type) {
  switch (type) {
    case RecordType::a: return "A";
    case RecordType::ns: return "NS";
    case RecordType::cname: return "CNAME";
    case RecordType::soa: return "SOA";
    case RecordType::txt: return "TXT";
    case RecordType::aaaa: return "AAAA";
    case RecordType::tsig: return "TSIG";
    case RecordType::caa: return "CAA";
  }
  return "TYPE" + std::to_string(static_cast<unsigned>(type));
}

std::string to_string(Rcode rcode) {
  switch (rcode) {
    case Rcode::no_error: return "NOERROR";
    case Rcode::format_error: return "FORMERR";
    case Rcode::server_failure: return "SERVFAIL";
    case Rcode::no_such_name: return "NXDOMAIN";
    case Rcode::not_implemented: return "NOTIMP";
    case Rcode::refused: return "REFUSED";
    case Rcode::name_exists: return "YXDOMAIN";
    case Rcode::set_exists: return "YXRRSET";
    case Rcode::no_such_set: return "NXRRSET";
    case Rcode::not_authoritative: return "NOTAUTH";
    case Rcode::not_in_zone: return "NOTZONE";
  }
  return "RCODE " + std::to_string(static_cast<unsigned>(rcode));
}

}  // namespace dns
