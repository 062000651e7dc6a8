"""The steps of Morris without a terminal: arguments in, records back, events out.

Every face (command line, studio, server, Python API) calls the same functions:

    from morris_mlx.pipeline.evaluate import EvaluateRequest, evaluate

    report = evaluate(project, EvaluateRequest("mine"), sink)
"""
