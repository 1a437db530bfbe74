"""relay"""
from mecopt.problem import Method, Output, Paper, Problem
from . import scenario
from .fields import *
from .statement import RelayStatement

def _problem(name, title, outputs, mode):
    return Problem(key=f"{KEY}.{name}", title=title, sense="min", unit="J", source=SOURCE, fields=FIELDS, outputs=outputs,
      multipliers=(), statement=RelayStatement(mode), own_methods=(), sampler=scenario.sample, scenarios=scenario.SCENARIOS, sizes={})
P1=_problem("P1","x",HYBRID_OUTPUTS,"hybrid")
AF=_problem("AF","x",AF_OUTPUTS,"af")
DF=_problem("DF","x",DF_OUTPUTS,"df")
NOB=tuple(o for o in HYBRID_OUTPUTS if o.name!="omega")
FDHR=_problem("FDHR","x",NOB,"half")
TDHR=_problem("TDHR","x",NOB,"slots")
PAPER=Paper(KEY,"t","s","d",(P1,AF,DF,FDHR,TDHR))
