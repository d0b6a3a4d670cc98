"""told.py - endpoints of which it is told, by a header or by spans, how their sources did"""

ENDPOINTS = """
  - path: /both/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", timeout: 300ms}
      two: {get: "beta:/{key}"}
      three: {get: "beta:/{key}", when: flag == "yes"}
  - path: /gate/{key}
    sources:
      one: {get: "alpha:/{key}", required: true}
      two: {get: "beta:/{key}"}
  - path: /kept/{key}
    sources:
      one: {get: "alpha:/{key}", cache: 60s}
  - path: /whole/{key}
    cache: 60s
    sources:
      one: {get: "alpha:/{key}"}
"""
